import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { startPlatform } from '../../functions/cli/compose.ts';
import { type Client, createClient } from '../../shared/client/client.ts';
import { type Message, TOPIC_OF } from '../../shared/contracts/message.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { readConfig } from '../../shared/core/config.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { openShop, type StoredKind } from './shop.ts';
import {
  lastWriteOf,
  messagesIn,
  readStored,
  restoreData,
  type StoredData,
  withMessages,
} from './stored-data.ts';

const FOLDER = join(import.meta.dirname, 'data');
const GOLDEN = resolve(import.meta.dirname, '../../shared/contracts/__fixtures__/v1/message.json');
const STORED = readdirSync(FOLDER).filter((name) => name.endsWith('.json.gz'));
const CACHE = readConfig().cacheDir.replace(/\/rodex$/, '');

/** What a version after this one might send: known kinds in a form that this one cannot read, and one that it never heard of. */
const NEWER = [
  ['rodex-steps', { type: 'run.ready', schemaVersion: 2, tenant: 'local', run: 'of-the-future' }],
  ['rodex-plan', { type: 'plan.requested', schemaVersion: 2, turns: ['of-the-future'] }],
  ['rodex-changes', { type: 'run.dreamt', schemaVersion: 2, runId: 'of-the-future' }],
] as const;

/** Each kind of message of the first version, about a run that is stored: they only wake, and doubles harm nothing. */
const goldenAbout = (runId: string): readonly (readonly [string, string])[] =>
  (JSON.parse(readFileSync(GOLDEN, 'utf8')) as readonly Message[]).map((message) => [
    TOPIC_OF[message.type],
    JSON.stringify({ ...message, tenantId: 'local', runId }),
  ]);

/** Runs have half an hour, whatever the version: the platform is started a minute after the old one was killed, and its time goes on from there. */
function setBack(toMs: number): void {
  const Real = Date;
  const offset = Real.now() - toMs;
  vi.stubGlobal(
    'Date',
    class extends Real {
      constructor(...given: [] | [string | number | Date]) {
        super(given[0] ?? Real.now() - offset);
      }
      static override now(): number {
        return Real.now() - offset;
      }
    },
  );
}

async function endOf(client: Client, runId: string): Promise<Run> {
  for await (const event of client.events(runId))
    if (event.type === 'entry' && event.entry.event.type === 'run.ended') break;
  return client.run(runId);
}

describe.each(STORED)('what an earlier version stored, and was killed over: %s', (name) => {
  let dir = '';
  let stored: StoredData;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rodex-upgrade-'));
    const asStored = readStored(join(FOLDER, name));
    setBack(lastWriteOf(asStored) + 60_000);
    stored = withMessages(asStored, [
      ...NEWER.map(([where, body]) => [where, JSON.stringify(body)] as const),
      ...goldenAbout(asStored.runs['acting'] ?? ''),
    ]);
    restoreData(stored, dir);
  });
  afterEach(async () => {
    vi.unstubAllGlobals();
    await rm(dir, { recursive: true, force: true });
  });

  it(
    'comes to its end in this version: nothing lost, nothing done twice, newer messages left alone',
    { timeout: 180_000 },
    async () => {
      // What arrived before is known to the shop alone.
      await using shop = await openShop(['REF-DOUBT']);
      const platform = await startPlatform(
        { ...readConfig({ HOME: dir, XDG_CACHE_HOME: CACHE }), dataDir: dir },
        { log: silentLogger, warn: () => undefined },
      );
      try {
        const client = createClient(platform);
        const runOf = (kind: StoredKind): string => stored.runs[kind] ?? '';
        await client.resume(runOf('paused'));
        const waiting = await client.run(runOf('approval'));
        expect(waiting.status).toBe('waiting_human');
        await client.answer(runOf('approval'), waiting.waitingFor?.requestId ?? '', 'approve');
        const ended: Record<string, Run> = {};
        for (const [kind, runId] of Object.entries(stored.runs)) {
          ended[kind] = await endOf(client, runId);
          expect(await client.audit(runId), kind).toMatchObject({ verified: true });
        }
        const statuses = Object.entries(ended).map(([kind, run]) => [
          kind,
          run.status,
          run.error?.message,
        ]);
        expect(statuses).toEqual(
          Object.keys(stored.runs).map((kind) => [kind, 'succeeded', undefined]),
        );
        for (const kind of ['queued', 'acting', 'paused'])
          expect(ended[kind]?.result, kind).toEqual({
            prices: [
              { Item: 'Paper', Price: 495 },
              { Item: 'Pens', Price: 250 },
            ],
          });
        // The order in doubt was looked up, not made again; the approved one was made once.
        expect(shop.orders).toEqual(['REF-DOUBT', 'REF-YES']);
      } finally {
        await platform.close();
      }
      const { waiting, aside } = messagesIn(dir);
      const future = waiting.filter((body) => body.includes('of-the-future'));
      expect(future.toSorted()).toEqual(NEWER.map(([, body]) => JSON.stringify(body)).toSorted());
      expect(aside).toEqual([]);
    },
  );
});
