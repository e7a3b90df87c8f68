import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { tenantLogPath } from '../contracts/paths.ts';
import type { StoredLogEntry } from '../contracts/stored-log-entry.ts';
import { readConfig } from '../core/config.ts';
import type { Component } from './gcp-topology.ts';
import { openPlatform } from './open-platform.ts';

const FUNCTIONS = resolve(import.meta.dirname, '../../functions');
let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rodex-config-'));
});
afterEach(async () => rm(dataDir, { recursive: true, force: true }));

async function start(component?: Component, environment: Record<string, string> = {}) {
  const config = readConfig({ RODEX_DATA_DIR: dataDir, ...environment });
  await (await openPlatform(config, component === undefined ? {} : { component })).close();
}

async function recorded(): Promise<unknown[]> {
  const platform = await openPlatform(readConfig({ RODEX_DATA_DIR: dataDir }));
  const log = await platform.store.query<StoredLogEntry>({ collection: tenantLogPath('local') });
  await platform.close();
  return log.map(({ data: { actor, event } }) => [
    actor,
    event?.type === 'config.changed' ? Object.keys(event.changed).length : event?.type,
  ]);
}

describe('the settings of a component', () => {
  it('are on record at its first start and when they changed; a command leaves no entry', async () => {
    await start('planner');
    await start();
    await start('planner');
    await start('api');
    await start('planner', { GEMINI_MODEL: 'gemini-3-pro', PORT: '9999' });
    expect(await recorded()).toEqual([
      ['planner', expect.any(Number)],
      ['api', expect.any(Number)],
      ['planner', 1],
    ]);
  });

  it('are those of every program that opens a platform by itself: each says who it is', async () => {
    const folders = await readdir(FUNCTIONS, { withFileTypes: true });
    const mains = await Promise.all(
      folders
        .filter((folder) => folder.isDirectory())
        .map(async ({ name }) => {
          const main = await readFile(join(FUNCTIONS, name, 'main.ts'), 'utf8').catch(() => '');
          return { name, main };
        }),
    );
    const opening = mains.filter(({ main }) => main.includes('openPlatform('));
    expect(opening.map(({ name }) => name).toSorted()).toEqual([
      'api',
      'executor',
      'planner',
      'scheduler',
      'triggers',
    ]);
    for (const { name, main } of opening) expect(saysWho(name, main), name).toBe(true);
    // The control.
    expect(saysWho('api', 'await openPlatform(config, { onMissing: fail })')).toBe(false);
    expect(saysWho('api', "await openPlatform(config, { component: 'planner' })")).toBe(false);
  });
});

const saysWho = (name: string, main: string): boolean =>
  new RegExp(`openPlatform\\(config, \\{\\s*component: '${name}'`).test(main);
