import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { readConfig } from '../../shared/core/config.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { startHelpDesk } from '../site/help-desk.ts';
import { startPlatform, type RunningPlatform } from './compose.ts';

type Call = (options: Record<string, unknown>) => Promise<{
  data?: Record<string, unknown>;
  response?: Response;
  stream?: AsyncIterable<Record<string, unknown>>;
}>;

let folder = '';
let here: RunningPlatform;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rodex-generated-'));
  here = await startPlatform(readConfig({ RODEX_DATA_DIR: join(folder, 'data') }), {
    log: silentLogger,
    warn: () => undefined,
  });
});
afterAll(async () => {
  await here?.close();
  await rm(folder, { recursive: true, force: true });
});

it('drives a run from start to end with a client that @hey-api/openapi-ts made from the document', async () => {
  const input = join(folder, 'openapi.json');
  await writeFile(input, await (await fetch(`${here.url}/openapi.json`)).text());
  const output = join(folder, 'client');
  await promisify(execFile)(process.execPath, ['.ci/generate-client.mjs', input, output]);
  // oxlint-disable-next-line import/no-dynamic-require -- the client is made here, a moment ago
  const sdk = (await import(/* @vite-ignore */ join(output, 'sdk.gen.ts'))) as Record<string, Call>;
  const common = { baseUrl: here.url, auth: here.key };
  const desk = await startHelpDesk({ seed: 1, dataDir: folder });
  try {
    const created = await sdk['createRun']?.({
      ...common,
      body: { goal: 'Read the page as text', url: `${desk.origin}/` },
    });
    expect(created?.response?.status, JSON.stringify(created)).toBe(202);
    const path = { runId: String(created?.data?.['runId']) };
    const watched = await sdk['watchRun']?.({ ...common, path });
    const types: unknown[] = [];
    for await (const event of watched?.stream ?? []) {
      const { entry } = event as { entry?: { event: { type: string } } };
      types.push(entry?.event.type);
      if (entry?.event.type === 'run.ended') break;
    }
    expect(types[0]).toBe('run.created');
    expect(types.at(-1)).toBe('run.ended');
    const run = await sdk['getRun']?.({ ...common, path });
    expect(run?.data).toMatchObject({ status: 'succeeded' });
    const audit = await sdk['auditRun']?.({ ...common, path });
    expect(audit?.data).toMatchObject({ verified: true });
    const refused = await sdk['getRun']?.({ baseUrl: here.url, path });
    expect(refused?.response?.status).toBe(401);
  } finally {
    await desk.close();
  }
});
