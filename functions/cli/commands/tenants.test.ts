import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { createClient } from '../../../shared/client/client.ts';
import { readConfig } from '../../../shared/core/config.ts';
import { silentLogger } from '../../../shared/core/logger.ts';
import { startPlatform, type RunningPlatform } from '../compose.ts';
import type { CommandContext } from '../session.ts';
import {
  membersListCommand,
  membersRemoveCommand,
  membersSetCommand,
  tenantsListCommand,
  tenantsSetCommand,
  tenantsShowCommand,
} from './tenants.ts';

let dataDir: string;
let api: RunningPlatform;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rodex-tenants-'));
  const config = readConfig({ RODEX_DATA_DIR: dataDir });
  api = await startPlatform(config, { log: silentLogger, warn: () => undefined });
});
afterAll(async () => {
  await api.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** What a command prints on stdout. */
async function printed(
  command: (context: CommandContext) => Promise<number>,
  json = true,
): Promise<string> {
  const out = new PassThrough({ encoding: 'utf8' });
  const config = { ...readConfig(), url: api.url, apiKey: api.key, tenantId: 'local' };
  const context: CommandContext = {
    config,
    json,
    out: out as unknown as NodeJS.WriteStream,
    err: new PassThrough() as unknown as NodeJS.WriteStream,
    log: silentLogger,
    signal: new AbortController().signal,
    interactive: false,
  };
  expect(await command(context)).toBe(0);
  return String(out.read() ?? '');
}

it('sets what is named and keeps what is not', async () => {
  const set = async (options: Parameters<typeof tenantsSetCommand>[2]) =>
    JSON.parse(await printed(async (context) => tenantsSetCommand(context, 'acme', options)));
  expect(
    await set({ name: 'Acme', quota: ['openRuns=7', 'tokensPerDay=5000'], retentionDays: 30 }),
  ).toMatchObject({
    name: 'Acme',
    quotas: { openRuns: 7, tokensPerDay: 5_000 },
    retentionDays: 30,
  });
  const runTopic = { enabled: true, role: 'viewer' as const, replyTopics: ['replies'] };
  await createClient({ url: api.url, key: api.key }).changeTenant('acme', (before) => ({
    name: before?.name ?? '',
    ...(before && { quotas: before.quotas, retentionDays: before.retentionDays }),
    runTopic,
  }));
  const after = await set({ quota: ['openRuns=none'] });
  expect(after).toMatchObject({ name: 'Acme', runTopic, retentionDays: 30 });
  expect(after.quotas).toEqual({ tokensPerDay: 5_000 });
  expect(await set({ retentionDays: 0 })).not.toHaveProperty('retentionDays');
  const shown = await printed(async (context) => tenantsShowCommand(context, 'acme'), false);
  expect(shown).toContain('acme  Acme\n');
  expect(shown).toContain('tokensPerDay    5000');
  expect(shown).toContain('openRuns        no limit');
  expect(shown).toContain('retention       runs are kept');
  expect(await printed(tenantsListCommand, false)).toContain('acme  Acme');
});

it('says which quota or limit is wrong, and changes nothing', async () => {
  const trying = async (quota: string) =>
    printed(async (context) => tenantsSetCommand(context, 'new', { quota: [quota] }));
  await expect(trying('runs=7')).rejects.toThrow('--quota runs=7: NAME=LIMIT with concurrentRuns');
  await expect(trying('openRuns=')).rejects.toThrow('--quota openRuns=');
  await expect(trying('openRuns=0')).rejects.toThrow('--quota openRuns=0: ');
  await expect(
    printed(async (context) => tenantsShowCommand(context, 'new')),
  ).rejects.toMatchObject({ code: 'not_found' });
});

it('writes over nothing but what it read', async () => {
  const matched: unknown[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'PUT') matched.push(request.headers['if-match']);
    const headers = { etag: '"as-read"', 'content-type': 'application/json' };
    response.writeHead(200, headers).end('{"name":"Acme"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    await createClient({ url: `http://127.0.0.1:${port}` }).changeTenant('acme', (before) => ({
      name: `${before?.name}!`,
    }));
    expect(matched).toEqual(['"as-read"']);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

it('lists, adds and removes members', async () => {
  const ada = 'ada@example.com';
  await printed(async (context) => membersSetCommand(context, ada, { role: 'approver' }));
  expect(await printed(membersListCommand, false)).toBe(`approver  ${ada}\n`);
  await expect(
    printed(async (context) => membersSetCommand(context, ada, { role: 'boss' })),
  ).rejects.toThrow('--role boss: one of viewer');
  await printed(async (context) => membersRemoveCommand(context, ada));
  expect(JSON.parse(await printed(membersListCommand))).toEqual([]);
});
