import { describe, expect, it } from 'vitest';

import { verifyRunLog } from '../audit/verify-run-log.ts';
import type { Run } from '../contracts/run.ts';
import { TaskContract } from '../contracts/task-contract.ts';
import { systemClock } from '../core/clock.ts';
import { silentLogger } from '../core/logger.ts';
import { AppError } from '../core/errors.ts';
import { applyEntry } from '../runs/run-machine.ts';
import type { StateStore } from '../state/state-store.ts';
import { openMemoryStateStore } from '../testing/memory-state-store.ts';
import { memoryVault } from '../testing/memory-vault.ts';
import { readRunLog } from './run-log.ts';
import { RunJournal, type JournalDeps } from './run-journal.ts';

const RUN = 'run_00000000000000000000';
const created = {
  type: 'run.created' as const,
  goal: 'x',
  inputs: {},
  labels: {},
  contract: TaskContract.parse({ navigate: ['https://portal.example'] }),
};

function setUp(): { deps: JournalDeps; store: StateStore; published: string[] } {
  const published: string[] = [];
  const store = openMemoryStateStore();
  const bus = {
    publish: async (message: { type: string }) => {
      published.push(message.type);
      return '1';
    },
  };
  const vault = memoryVault();
  return { deps: { store, bus, vault, clock: systemClock, log: silentLogger }, store, published };
}

const take = (journal: RunJournal, leaseEpoch: number): Promise<Run> =>
  journal.append(() => [{ type: 'lease.taken', leaseEpoch, holder: 'h', takeover: false }]);

describe('run journal', () => {
  it('creates a run with its first entry and wakes an executor', async () => {
    const { deps, store, published } = setUp();
    await RunJournal.create(deps, 'user:local', 'local', RUN, created);
    expect(published).toEqual(['run.ready', 'run.changed']);
    expect(await verifyRunLog(store, 'local', RUN)).toMatchObject({ ok: true, entries: 1 });
    await expect(
      RunJournal.create(deps, 'user:local', 'local', RUN, created),
    ).rejects.toMatchObject({ code: 'already_exists' });
  });

  it('rebases what collides, so that concurrent writers lose nothing', async () => {
    const { deps, store } = setUp();
    await RunJournal.create(deps, 'a', 'local', RUN, created);
    const journals = await Promise.all(
      [0, 1, 2, 3].map(async (index) => RunJournal.open(deps, `writer-${index}`, 'local', RUN)),
    );
    const saved = (name: string) => ({
      type: 'artifact.saved' as const,
      leaseEpoch: 0,
      artifact: {
        name,
        mediaType: 'text/plain',
        bytes: 1,
        digest: 'd',
        source: 'download' as const,
      },
    });
    await Promise.all(
      journals.flatMap((journal, index) =>
        [0, 1, 2].map(async (round) => journal.append(() => [saved(`${index}-${round}`)])),
      ),
    );
    const entries = await readRunLog(deps, 'local', RUN);
    const names = entries.flatMap(({ event }) =>
      event.type === 'artifact.saved' ? [event.artifact.name] : [],
    );
    expect(new Set(names).size).toBe(12);
    expect(names.length).toBe(12);
    expect(await verifyRunLog(store, 'local', RUN)).toMatchObject({ ok: true, entries: 13 });
  });

  it('stops a holder whose lease was taken over', async () => {
    const { deps } = setUp();
    await RunJournal.create(deps, 'a', 'local', RUN, created);
    const old = await RunJournal.open(deps, 'old', 'local', RUN);
    await take(old, 1);
    old.bindLease(1);
    await take(await RunJournal.open(deps, 'new', 'local', RUN), 2);
    const late = old.append(() => [
      { type: 'browser.opened', leaseEpoch: 1, version: '1', sandboxed: true, restored: false },
    ]);
    await expect(late).rejects.toMatchObject({ code: 'lease_lost' });
  });

  it('leaves a collision on an extra write to the caller, with nothing appended', async () => {
    const { deps, store } = setUp();
    const journal = await RunJournal.create(deps, 'a', 'local', RUN, created);
    await store.commit([{ op: 'create', path: 'tenants/local', data: {} }]);
    const appended = journal.append(
      () => [{ type: 'lease.taken', leaseEpoch: 1, holder: 'h', takeover: false }],
      () => [{ op: 'create', path: 'tenants/local', data: {} }],
    );
    await expect(appended).rejects.toMatchObject({ code: 'conflict' });
    expect((await journal.refresh()).seq).toBe(0);
  });

  it('gives the same run when rebuilt from its log', async () => {
    const { deps } = setUp();
    const journal = await RunJournal.create(deps, 'a', 'local', RUN, created);
    await take(journal, 1);
    await journal.append(() => [
      { type: 'run.ended', status: 'failed', error: new AppError('internal', 'x').toInfo() },
    ]);
    const entries = await readRunLog(deps, 'local', RUN);
    const rebuilt = entries.reduce<Run | undefined>(
      (run, entry) => applyEntry(run, entry),
      undefined,
    );
    expect(rebuilt).toEqual((await RunJournal.open(deps, 'b', 'local', RUN)).run);
  });
});
