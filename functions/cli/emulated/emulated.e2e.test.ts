import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Client } from '../../../shared/client/client.ts';
import { createClient } from '../../../shared/client/client.ts';
import { readConfig } from '../../../shared/core/config.ts';
import type { Run } from '../../../shared/contracts/run.ts';
import { silentLogger } from '../../../shared/core/logger.ts';
import { hasGcloud } from '../../../shared/emulators/gcloud-emulator.ts';
import { openTcpPassage, type TcpPassage } from '../../../shared/testing/tcp-passage.ts';
import { demoRequest, PORTAL_SECRET } from '../../site/demo-goal.ts';
import type { Site } from '../../site/site.ts';
import { startSite } from '../../site/site.ts';
import { readLedger } from '../ledger-file.ts';
import { startEmulatedPlatform, type EmulatedPlatform } from './emulated-platform.ts';

const QUEUE = 50;
/** A minute when there is time for it: LONG_TESTS=1. */
const AWAY_MS = process.env['LONG_TESTS'] ? 60_000 : 5_000;

if (!hasGcloud()) {
  it.skip('emulators: gcloud is missing, so the emulator suite is skipped', () => undefined);
} else {
  describe('every function as a process of its own, on the emulators', () => {
    let dir = '';
    let site: Site;
    let here: EmulatedPlatform;
    let client: Client;
    let passage: TcpPassage;
    const warnings: string[] = [];
    const errors: string[] = [];
    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'rodex-emulated-'));
      site = await startSite({ seed: 1, dataDir: join(dir, 'site') });
      here = await startEmulatedPlatform(
        {
          ...readConfig({
            HOME: dir,
            XDG_CACHE_HOME: readConfig().cacheDir.replace(/\/rodex$/, ''),
          }),
          dataDir: dir,
        },
        {
          log: {
            ...silentLogger,
            info: (_, fields) => {
              const line = String(fields?.['line']);
              // The emulator itself fails now and then; the run is taken up again.
              const failed =
                line.includes('"severity":"ERROR"') && !line.includes('"store_unavailable"');
              // What a component may not do is warned of, and made up for: here it is a mistake of the table.
              if (failed || line.includes('gcp-topology.json')) errors.push(line);
            },
          },
          warn: (text) => void warnings.push(text),
          executors: 2,
          slots: 3,
          firestoreVia: async (host) => {
            passage = await openTcpPassage(host);
            return passage.host;
          },
        },
      );
      client = createClient({ url: here.url, key: here.key });
      await here.platform.secrets.set('local', PORTAL_SECRET, site.credentials.password, [
        site.origin,
      ]);
    }, 180_000);
    afterAll(async () => {
      await here?.close();
      await passage?.close();
      await site?.close();
      await rm(dir, { recursive: true, force: true });
    }, 60_000);

    const start = async (reference: string): Promise<string> =>
      (await client.createRun(demoRequest(site, reference))).runId;
    /** Waits for the run's end by its events, which come back after a cut. */
    const ended = async (runId: string): Promise<Run> => {
      for await (const event of client.events(runId))
        if (event.type === 'entry' && event.entry.event.type === 'run.ended') break;
      return client.run(runId);
    };
    /** Waits until the log holds so many entries of that type. */
    const until = async (runId: string, type: string, count = 1): Promise<void> => {
      let seen = 0;
      for await (const event of client.events(runId))
        if (event.type === 'entry' && event.entry.event.type === type && (seen += 1) === count)
          return;
    };
    const orders = async (reference: string): Promise<number> =>
      (await readLedger(site.ledgerPath)).filter(
        ({ kind, marker }) => kind === 'order' && marker === reference,
      ).length;
    const holders = async (runId: string): Promise<readonly string[]> =>
      (await client.log(runId)).flatMap(({ event }) =>
        event.type === 'lease.taken' ? event.holder : [],
      );
    const succeededOnce = async (runId: string, reference: string): Promise<void> => {
      const run = await ended(runId);
      expect(run.error?.message).toBeUndefined();
      expect(run.status).toBe('succeeded');
      expect(await orders(reference)).toBe(1);
      expect(await client.audit(runId)).toMatchObject({ verified: true });
    };

    it('does the demo', async () => {
      const pids = [...here.processes.values()].map(({ pid }) => pid);
      expect(new Set(pids).size).toBe(6);
      const runId = await start('REF-DEMO');
      await succeededOnce(runId, 'REF-DEMO');
      expect(warnings).toEqual([]);
      expect(errors).toEqual([]);
    });

    it(`works off a queue of ${QUEUE} runs, both executors taking part, none twice`, async () => {
      const goal = 'Read the page as text';
      const url = `${site.origin}/`;
      const runs = await Promise.all(
        Array.from({ length: QUEUE }, async () => client.createRun({ goal, url })),
      );
      const done = await Promise.all(runs.map(async ({ runId }) => ended(runId)));
      expect(done.filter(({ status }) => status !== 'succeeded')).toEqual([]);
      const taken = await Promise.all(runs.map(async ({ runId }) => holders(runId)));
      const counts = new Map<string, number>();
      for (const [holder = '', ...more] of taken) {
        expect(more).toEqual([]);
        counts.set(holder, (counts.get(holder) ?? 0) + 1);
      }
      expect(counts.size).toBe(2);
      for (const count of counts.values()) expect(count).toBeGreaterThanOrEqual(QUEUE / 5);
      expect(errors).toEqual([]);
    });

    it('goes on in the other executor when the one that owns the run is killed', async () => {
      const runId = await start('REF-KILL');
      await until(runId, 'step.ended');
      const [holder = ''] = await holders(runId);
      const owner = [...here.processes].find(([, { about }]) => about['holder'] === holder);
      await owner?.[1].kill();
      await succeededOnce(runId, 'REF-KILL');
      expect((await holders(runId)).length).toBeGreaterThan(1);
      expect(warnings.join()).toContain(`${owner?.[0]} ended (SIGKILL)`);
    });

    it('lets a run end while an executor is told to stop: its lease is given free at once', async () => {
      const runId = await start('REF-TERM');
      await until(runId, 'step.ended');
      const [holder = ''] = await holders(runId);
      const owner = [...here.processes.values()].find(({ about }) => about['holder'] === holder);
      await owner?.stop('SIGTERM');
      await succeededOnce(runId, 'REF-TERM');
    });

    it('goes on after the connections to Firestore were cut, and after it stood still', async () => {
      const runId = await start('REF-CUT');
      await until(runId, 'step.ended');
      expect(passage.cut()).toBeGreaterThan(0);
      await until(runId, 'step.ended', 4);
      process.kill(-here.firestore.processGroup, 'SIGSTOP');
      // Longer than the planner's heartbeat, shorter than a lease: the time itself is what is tried.
      await delay(8_000);
      process.kill(-here.firestore.processGroup, 'SIGCONT');
      await succeededOnce(runId, 'REF-CUT');
    });

    it(
      `takes runs while Pub/Sub is away for ${AWAY_MS / 1_000} s, and brings them to an end after`,
      { timeout: 400_000 },
      async () => {
        const before = await start('REF-AWAY-1');
        await until(before, 'step.ended');
        await here.stopPubsub();
        const during = await start('REF-AWAY-2');
        await delay(AWAY_MS);
        expect((await client.run(during)).status).not.toBe('failed');
        await here.startPubsub();
        await succeededOnce(before, 'REF-AWAY-1');
        await succeededOnce(during, 'REF-AWAY-2');
        const after = await start('REF-AWAY-3');
        await succeededOnce(after, 'REF-AWAY-3');
      },
    );
  });
}
