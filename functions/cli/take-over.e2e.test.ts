import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { createClient } from '../../shared/client/client.ts';
import { readConfig } from '../../shared/core/config.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { startScriptedServer } from '../planner/offline/scripted-server.ts';
import { startPlatform } from './compose.ts';

const PUZZLE = `<!doctype html><title>Puzzle</title><form action="/solved" method="post">
  <input name="word" aria-label="Word" style="position:absolute;left:100px;top:100px;width:300px;height:40px">
  <button style="position:absolute;left:100px;top:200px;width:120px;height:40px">Send</button></form>`;
const STEPS = [
  [{ action: 'ask', kind: 'take-over', question: 'Only a person can solve this' }],
  [{ action: 'finish', status: 'success', summary: 'done' }],
];

let site: Server;
let dataDir = '';
const posted: string[] = [];
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rodex-hands-'));
  site = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    if (request.method !== 'POST') return response.end(PUZZLE);
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      posted.push(body);
      response.end('<!doctype html><title>Solved</title><p>Thank you');
    });
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  site.closeAllConnections();
  site.close();
  await rm(dataDir, { recursive: true, force: true });
});

it('lends its browser to a person and takes it back; what they did is on record, what they typed is not', async () => {
  const server = await startScriptedServer({
    calls: (_body, number) => ({ plan: { steps: STEPS[number] ?? [] } }),
  });
  const config = readConfig({ RODEX_DATA_DIR: dataDir });
  const here = await startPlatform(
    { ...config, gemini: { ...config.gemini, baseUrl: server.baseUrl } },
    { log: silentLogger, warn: () => undefined },
  );
  try {
    const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    const client = createClient(here);
    const { runId } = await client.createRun({ goal: 'solve', url: `${origin}/` });
    const call = async (path: string, body?: object): Promise<Response> =>
      fetch(`${here.url}/v1/runs/${runId}/take-over/${path}`, {
        method: body ? 'POST' : 'GET',
        headers: { authorization: `Bearer ${here.key}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
    // Nobody asks for hands yet.
    expect((await call('inputs', { do: 'press', key: 'Enter' })).status).toBe(409);
    const shown = new Set<string>();
    const frame = async (): Promise<number> => {
      const response = await call('frame');
      if (response.ok) {
        expect(response.headers.get('content-type')).toBe('image/png');
        shown.add(response.headers.get('etag') ?? '');
      }
      return shown.size;
    };
    for await (const event of client.events(runId)) {
      if (event.type !== 'entry' || event.entry.event.type !== 'human.requested') continue;
      const { requestId, kind, facts } = event.entry.event.request;
      expect({ kind, url: facts['url'] }).toEqual({ kind: 'take-over', url: `${origin}/` });
      await expect.poll(frame, { timeout: 10_000 }).toBe(1);
      for (const input of [
        { do: 'click', x: 200, y: 120 },
        { do: 'type', text: 'xyzzy plugh' },
        { do: 'click', x: 150, y: 220 },
      ])
        expect((await call('inputs', input)).status).toBe(202);
      await expect.poll(() => posted, { timeout: 10_000 }).toEqual(['word=xyzzy+plugh']);
      // What came of it is shown.
      await expect.poll(frame, { timeout: 10_000 }).toBeGreaterThan(1);
      await client.answer(runId, requestId, 'done');
    }
    expect(await client.run(runId)).toMatchObject({ status: 'succeeded' });
    const log = await client.log(runId);
    const byHand = log.filter(({ event }) => event.type === 'take-over.input');
    expect(byHand.map(({ event }) => (event as { input: string }).input)).toEqual([
      'left click at @200,120',
      'type 11 characters',
      'left click at @150,220',
    ]);
    expect(JSON.stringify(byHand)).not.toContain('xyzzy');
    expect(await client.audit(runId)).toMatchObject({ verified: true });
    expect(await client.artifacts(runId)).toEqual([]);
  } finally {
    await here.close();
    await server.close();
  }
});
