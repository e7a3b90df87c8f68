import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { startHelpDesk, type HelpDesk } from '../site/help-desk.ts';

let folder = '';
let desk: HelpDesk;
let agent: Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rodex-mcp-'));
  desk = await startHelpDesk({ seed: 1, dataDir: folder });
  agent = new Client({ name: 'test', version: '1.0.0' });
  await agent.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: ['functions/cli/main.ts', 'mcp'],
      env: {
        PATH: String(process.env['PATH']),
        HOME: folder,
        RODEX_DATA_DIR: join(folder, 'data'),
        RODEX_CACHE_DIR:
          process.env['RODEX_CACHE_DIR'] ?? join(String(process.env['HOME']), '.cache/rodex'),
      },
      stderr: 'inherit',
    }),
  );
});
afterAll(async () => {
  await agent?.close();
  await desk?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Said {
  readonly isError?: boolean;
  readonly content: readonly { readonly text: string }[];
}

async function call(
  name: string,
  args: Record<string, unknown>,
  onprogress?: () => void,
): Promise<{ isError: boolean; value: Record<string, unknown> }> {
  const result = (await agent.callTool({ name, arguments: args }, undefined, {
    timeout: 120_000,
    ...(onprogress && { onprogress }),
  })) as unknown as Said;
  return {
    isError: result.isError ?? false,
    value: JSON.parse(result.content[0]?.text ?? 'null') as Record<string, unknown>,
  };
}

it('lets another agent start a run, watch it with progress, and read what came of it', async () => {
  const { tools } = await agent.listTools();
  expect(tools.map(({ name }) => name).toSorted()).toEqual([
    'answer_run',
    'cancel_run',
    'get_run',
    'list_runs',
    'list_templates',
    'start_run',
    'wait_for_run',
  ]);
  const started = await call('start_run', {
    goal: 'Read the page as text',
    url: `${desk.origin}/`,
  });
  expect(started.isError, JSON.stringify(started.value)).toBe(false);
  let progress = 0;
  const ended = await call(
    'wait_for_run',
    { runId: started.value['runId'], timeoutSeconds: 90 },
    () => {
      progress += 1;
    },
  );
  expect(ended.value).toMatchObject({ status: 'succeeded', untrustedResult: expect.anything() });
  expect(progress).toBeGreaterThan(3);
});

it('lets it answer a question of a run, but not approve with the key of the person at the terminal', async () => {
  const { value } = await call('start_run', {
    goal: 'Ask "Which colour?" as colour. Return colour',
    url: `${desk.origin}/`,
  });
  const runId = value['runId'];
  const waiting = await call('wait_for_run', { runId, timeoutSeconds: 90 });
  const { requestId } = waiting.value['waitingFor'] as { requestId: string };
  const approved = await call('answer_run', { runId, requestId, answer: 'approve' });
  expect(approved).toMatchObject({ isError: true, value: { code: 'permission_denied' } });
  expect((await call('answer_run', { runId, requestId, answer: 'blue' })).isError).toBe(false);
  const ended = await call('wait_for_run', { runId, timeoutSeconds: 90 });
  expect(ended.value).toMatchObject({ status: 'succeeded', untrustedResult: { colour: 'blue' } });
});

it('tells what is wrong with a code, as an answer', async () => {
  expect(await call('get_run', { runId: 'run_00000000000000000000' })).toMatchObject({
    isError: true,
    value: { code: 'not_found' },
  });
  expect(await call('start_run', { goal: 'x' })).toMatchObject({
    isError: true,
    value: { code: 'invalid_request' },
  });
});
