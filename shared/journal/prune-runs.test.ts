import { beforeEach, describe, expect, it } from 'vitest';

import { noteKey } from '../audit/signed-note.ts';
import { verifyTenant } from '../audit/verify-tenant.ts';
import { logPath, pruningPath, runPath, stepPath, storageUsePath } from '../contracts/paths.ts';
import type { StorageUse } from '../contracts/usage.ts';
import type { StateStore } from '../state/state-store.ts';
import { startRun } from '../tenants/start-run.ts';
import { AuditedTenant, runId, signer } from './__fixtures__/audited-tenant.ts';
import { makeCheckpoint } from '../audit/checkpointer.ts';
import { RunJournal } from './run-journal.ts';
import { pruneRuns, type PruneDeps } from './prune-runs.ts';

const LATE = '9999-01-01T00:00:00.000Z';
let tenant: AuditedTenant;
beforeEach(() => {
  tenant = new AuditedTenant();
});

const pruned = async () =>
  (await tenant.events()).filter((event) => (event as { type: string }).type === 'pruned');

async function verdict() {
  const { store } = tenant.deps;
  const key = noteKey(signer.name, await signer.publicKey());
  return verifyTenant({ store, archive: tenant.archive, key }, 'local');
}

/** A run with more entries than one batch holds, a short one, and one that has not ended. */
async function populate(countedTo = '2999-01-01T00:00:00.000Z'): Promise<void> {
  const { store } = tenant.deps;
  const long = await tenant.start(1);
  for (let n = 0; n < 42; n += 1)
    await long.append(() =>
      Array.from({ length: 10 }, () => ({ type: 'run.cancel-requested' as const, reason: '' })),
    );
  await tenant.end(long);
  const short = await tenant.start(2);
  await tenant.end(short);
  await tenant.start(3);
  const use: StorageUse = {
    schemaVersion: 1,
    tenantId: 'local',
    bytes: 250,
    countedTo,
    countedAt: [],
  };
  await store.commit([
    { op: 'create', path: stepPath('local', runId(1), '1-1'), data: { text: 'x' } },
    { op: 'create', path: storageUsePath('local'), data: use },
  ]);
}

async function left(n: number): Promise<string[]> {
  const { store } = tenant.deps;
  const run = runPath('local', runId(n));
  const below = ['log', 'turns', 'steps', 'observations', 'ledger', 'lease', 'key', 'keys'];
  const found = await Promise.all(
    below.map(async (name) => store.query({ collection: `${run}/${name}`, limit: 5 })),
  );
  return [...((await store.get(run)) ? [run] : []), ...found.flat().map(({ path }) => path)];
}

describe('pruning', () => {
  it('takes only what is signed and exported, and says so in the log', async () => {
    const journal = await tenant.start(1);
    await tenant.end(journal);
    const prune = async (before: string) => pruneRuns(tenant.deps, 'scheduler', 'local', before);
    await expect(prune(LATE)).rejects.toMatchObject({ code: 'conflict' });
    await tenant.checkpoint();
    await tenant.end(await tenant.start(2));
    expect(await prune('2000-01-01T00:00:00.000Z')).toEqual([]);
    // The second one ended after the last checkpoint.
    expect(await prune(LATE)).toEqual([runId(1)]);
    expect(await tenant.deps.store.query({ collection: logPath('local', runId(1)) })).toEqual([]);
    expect(await pruned()).toEqual([
      expect.objectContaining({ runId: runId(1), entries: 2, headHash: journal.run.headHash }),
    ]);
    await tenant.checkpoint();
    expect(await tenant.verify()).toMatchObject({ ok: true, size: 6 });
    expect(await verdict()).toMatchObject({ verified: true });
  });

  it('leaves nothing but entries in the archive, and gives the storage free', async () => {
    await populate();
    await tenant.checkpoint();
    expect(await pruneRuns(tenant.deps, 'scheduler', 'local', LATE, 1)).toEqual([runId(1)]);
    expect(await pruneRuns(tenant.deps, 'scheduler', 'local', LATE)).toEqual([runId(2)]);
    expect([await left(1), await left(2)]).toEqual([[], []]);
    expect(await left(3)).not.toEqual([]);
    const use = await tenant.deps.store.get<StorageUse>(storageUsePath('local'));
    expect(use?.data.bytes).toBe(50);
  });

  it('gives free what was counted only', async () => {
    await populate('2000-01-01T00:00:00.000Z');
    await tenant.checkpoint();
    expect(await pruneRuns(tenant.deps, 'scheduler', 'local', LATE)).toHaveLength(2);
    const use = await tenant.deps.store.get<StorageUse>(storageUsePath('local'));
    expect(use?.data.bytes).toBe(250);
  });

  it('a run that was pruned is not started anew under its name: its entries are signed', async () => {
    const who = { tenantId: 'local', actor: 'user:ada', idempotencyKey: 'once' };
    const asked = { goal: 'g', url: 'https://portal.example/', inputs: {}, labels: {} };
    const { run } = await startRun(tenant.deps, who, asked);
    await tenant.end(await RunJournal.open(tenant.deps, 'user:ada', 'local', run.runId));
    await tenant.checkpoint();
    expect((await startRun(tenant.deps, who, asked)).created).toBe(false);
    expect(await pruneRuns(tenant.deps, 'scheduler', 'local', LATE)).toEqual([run.runId]);
    await expect(startRun(tenant.deps, who, asked)).rejects.toMatchObject({
      code: 'already_exists',
    });
    const other = await startRun(tenant.deps, { ...who, idempotencyKey: 'twice' }, asked);
    expect(other.created).toBe(true);
  });

  it.each(['before', 'after'] as const)(
    'goes on after a crash %s any of its writes: nothing is left, one entry says so, all verifies',
    async (when) => {
      let crashes = 0;
      for (let at = 1; ; at += 1) {
        tenant = new AuditedTenant();
        await populate();
        const faults = new Crash(at, when);
        const broken = { ...tenant.deps, ...faults.around(tenant.deps) };
        const pass = async (deps: typeof tenant.deps): Promise<void> => {
          const audit = { ...deps, archive: tenant.archive, signer };
          await makeCheckpoint(audit, 'local');
          await pruneRuns(deps, 'scheduler', 'local', LATE);
          await makeCheckpoint(audit, 'local');
        };
        const crashed = await pass(broken).then(
          () => false,
          (error: unknown) => {
            expect(error).toBe(Crash.ERROR);
            return true;
          },
        );
        // What is seen between the crash and the next tick is no damage either.
        expect(await verdict(), `${at}`).toMatchObject({ verified: true });
        await pass(tenant.deps);
        await pass(tenant.deps);
        expect([await left(1), await left(2)], `${at}`).toEqual([[], []]);
        expect(await pruned(), `${at}`).toHaveLength(2);
        expect(await tenant.deps.store.query({ collection: pruningPath('local') })).toEqual([]);
        expect(new Set(tenant.removed)).toEqual(new Set([runId(1), runId(2)]));
        const use = await tenant.deps.store.get<StorageUse>(storageUsePath('local'));
        expect(use?.data.bytes, `${at}`).toBe(50);
        expect(await verdict(), `${at}`).toMatchObject({ verified: true, export: { ok: true } });
        if (!crashed) break;
        crashes += 1;
      }
      // Two checkpoints, two runs, each with its batch, its rest and its artifacts.
      expect(crashes).toBeGreaterThan(12);
    },
    120_000,
  );
});

/** Ends a process at its n-th write, before it is done or after. */
class Crash {
  static readonly ERROR = new Error('killed');
  readonly #at: number;
  readonly #when: 'before' | 'after';
  #count = 0;

  constructor(at: number, when: 'before' | 'after') {
    this.#at = at;
    this.#when = when;
  }

  around({ store, artifacts }: { store: StateStore; artifacts: PruneDeps['artifacts'] }) {
    return {
      store: {
        get: store.get.bind(store),
        query: store.query.bind(store),
        watch: store.watch.bind(store),
        close: store.close.bind(store),
        commit: async (writes, outlives) => this.#write(async () => store.commit(writes, outlives)),
      } satisfies StateStore,
      artifacts: {
        ...artifacts,
        removeRun: async (...run: Parameters<typeof artifacts.removeRun>) =>
          this.#write(async () => artifacts.removeRun(...run)),
      } as AuditedTenant['deps']['artifacts'],
    };
  }

  async #write<T>(write: () => Promise<T>): Promise<T> {
    if (this.#count >= this.#at) throw Crash.ERROR;
    this.#count += 1;
    if (this.#count < this.#at) return write();
    if (this.#when === 'after') await write();
    throw Crash.ERROR;
  }
}
