import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { createClient } from '../../shared/client/client.ts';
import { readConfig } from '../../shared/core/config.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import type { ScriptedCall } from '../planner/offline/script.ts';
import { startScriptedServer } from '../planner/offline/scripted-server.ts';
import { startPlatform } from './compose.ts';

const PAGES: Readonly<Record<string, string>> = {
  '/': '<title>Start</title><a href="/in" style="position:absolute;left:100px;top:100px;width:200px;height:50px">Log in</a>',
  '/in':
    '<title>Log in</title><form action="/home"><input type=password name=p aria-label=Password style="position:absolute;left:100px;top:100px;width:200px;height:40px"></form>',
};
const ANSWERS: readonly ScriptedCall[] = [
  {
    plan: {
      steps: [
        {
          action: 'click_at',
          x: 156,
          y: 174,
          safety_decision: { decision: 'require_confirmation', explanation: 'May this be opened?' },
        },
      ],
    },
  },
  { plan: { steps: [{ action: 'type_text_at', x: 156, y: 167, text: '{{secret.portal}}' }] } },
  { plan: { steps: [{ action: 'finish', status: 'success', summary: 'done' }] } },
];

interface Seen {
  readonly tools: string[];
  readonly hasSchema: boolean;
  readonly pngs: number;
  readonly responses: object[];
}

let site: Server;
let dataDir = '';
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rodex-see-'));
  site = createServer((request, response) =>
    response
      .setHeader('content-type', 'text/html')
      .end(`<!doctype html>${PAGES[request.url?.split('?')[0] ?? ''] ?? '<title>Home</title>'}`),
  );
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  site.closeAllConnections();
  site.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** What one request of the planner brought: its newest message, and how it wants its answer. */
function seenIn(body: object): Seen {
  const { contents, tools, generationConfig } = body as {
    contents: { parts: Record<string, unknown>[] }[];
    tools?: object[];
    generationConfig: object;
  };
  const parts = contents.at(-1)?.parts ?? [];
  const responses = parts.flatMap(({ functionResponse }) => (functionResponse as object) ?? []);
  return {
    tools: (tools ?? []).flatMap((tool) => Object.keys(tool)),
    hasSchema: 'responseSchema' in generationConfig,
    pngs: JSON.stringify(parts).match(/"mimeType":"image\/png","data":"iVBORw0KGgo/g)?.length ?? 0,
    responses,
  };
}

it('plans with Computer Use: shows the page, asks where the model doubts, and goes by text where a secret stands', async () => {
  const seen: Seen[] = [];
  const server = await startScriptedServer({
    calls: (body, number) => {
      seen.push(seenIn(body));
      return ANSWERS[number] ?? {};
    },
  });
  const config = readConfig({ RODEX_DATA_DIR: dataDir, GEMINI_PLAN_FORM: 'computer-use' });
  const gemini = { ...config.gemini, baseUrl: server.baseUrl };
  const here = await startPlatform(
    { ...config, gemini },
    { log: silentLogger, warn: () => undefined },
  );
  try {
    const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    await here.platform.secrets.set('local', 'portal', 'hunter2 of the portal', [origin]);
    const client = createClient(here);
    const contract = { navigate: [origin], secrets: ['portal'] };
    const { runId } = await client.createRun({ goal: 'see', url: `${origin}/`, contract });
    for await (const event of client.events(runId)) {
      if (event.type !== 'entry' || event.entry.event.type !== 'human.requested') continue;
      const { request } = event.entry.event;
      expect(request).toMatchObject({ kind: 'approval', stepId: '1-1' });
      expect(request.question).toContain('May this be opened?');
      await client.answer(runId, request.requestId, 'approve');
    }
    expect(await client.run(runId)).toMatchObject({ status: 'succeeded' });
    const [first, second, third] = seen;
    expect(first).toMatchObject({ tools: ['computerUse', 'functionDeclarations'], pngs: 1 });
    expect(second).toMatchObject({
      tools: ['computerUse', 'functionDeclarations'],
      pngs: 1,
      responses: [
        {
          name: 'click_at',
          response: { url: `${origin}/in`, safety_acknowledgement: 'true' },
          parts: [{ inlineData: { mimeType: 'image/png' } }],
        },
      ],
    });
    // A password stands on the page: no picture of it leaves, so the plan is asked for as a document.
    expect(third).toMatchObject({ tools: [], hasSchema: true, pngs: 0 });
    expect(third?.responses).toEqual([
      { id: 'call-1', name: 'type_text_at', response: { url: `${origin}/in` } },
    ]);
    const pictures = (await client.artifacts(runId)).map(({ name }) => name);
    // The approval shows what the person decides about.
    expect(pictures).toEqual(['screenshot.png', 'turn-1.png', 'turn-2.png']);
  } finally {
    await here.close();
    await server.close();
  }
});
