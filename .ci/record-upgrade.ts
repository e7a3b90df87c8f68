// Stores the data directory of this version, killed in the middle of its work, for the versions after it: node .ci/record-upgrade.ts
// Once a release, by the code of that release; what is stored is never written again.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stdout } from 'node:process';

import { createClient } from '../shared/client/client.ts';
import { packageVersion } from '../shared/core/package-version.ts';
import { ProgramProcess } from '../shared/testing/program-process.ts';
import { openShop, STORED, type StoredKind } from './upgrade/shop.ts';
import { storeData } from './upgrade/stored-data.ts';

const version = packageVersion();
const target = resolve(import.meta.dirname, `upgrade/data/${version}.json.gz`);
if (existsSync(target)) throw new Error(`${target} is there already: it is never written again`);

const dir = mkdtempSync(join(tmpdir(), 'rodex-record-'));
const dataDir = join(dir, 'data');
await using shop = await openShop();
shop.silentFor = STORED.doubt.inputs.reference;
const platform = new ProgramProcess(
  'functions/cli/main.ts',
  ['up', '--port', '0', '--slots', '2', '--json'],
  { RODEX_DATA_DIR: dataDir, HOME: dir, XDG_CACHE_HOME: resolve(tmpdir(), 'rodex-record-cache') },
);
const [url] = await platform.output(/http:\/\/127\.0\.0\.1:\d+/);
const client = createClient({ url, key: readFileSync(join(dataDir, 'api.key'), 'utf8').trim() });

const runs: Record<string, string> = {};
const start = async (kind: StoredKind): Promise<string> => {
  const { runId } = await client.createRun(STORED[kind]);
  runs[kind] = runId;
  return runId;
};
/** Waits for an entry of the run's log. */
const until = async (
  runId: string,
  wanted: (event: { type: string }) => boolean,
): Promise<void> => {
  for await (const event of client.events(runId))
    if (event.type === 'entry' && wanted(event.entry.event)) return;
};

const approval = await start('approval');
await until(approval, ({ type }) => type === 'human.requested');
const paused = await start('paused');
await until(paused, ({ type }) => type === 'step.intent');
await client.pause(paused);
await until(paused, ({ type }) => type === 'lease.released');
const ordered = shop.ordered(STORED.doubt.inputs.reference);
await start('doubt');
await ordered;
const acting = await start('acting');
await until(
  acting,
  (event) => event.type === 'step.intent' && JSON.stringify(event).includes('"wait'),
);
await start('queued');
await platform.stop('SIGKILL');

const bytes = storeData(dataDir, { version, runs }, target);
rmSync(dir, { recursive: true });
stdout.write(`${target}: ${Math.round(bytes / 1_024)} KiB\n`);
