import { describe, expect, it } from 'vitest';

import { TaskContract } from '../../shared/contracts/task-contract.ts';
import { leasePath } from '../../shared/contracts/paths.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { RunJournal } from '../../shared/journal/run-journal.ts';
import { openMemoryMessageBus } from '../../shared/testing/memory-message-bus.ts';
import { openMemoryStateStore } from '../../shared/testing/memory-state-store.ts';
import { memoryVault } from '../../shared/testing/memory-vault.ts';
import type { StateStore } from '../../shared/state/state-store.ts';
import type { ExecutorDeps } from './deps.ts';
import { isFree, LeaseKeeper } from './lease-keeper.ts';

const RUN = 'run_00000000000000000000';
const PATH = leasePath('local', RUN);

/** Monotonic time that only the test moves; wall time is off by `wallMs`. */
class ManualTime {
  nowMs = 0;
  readonly #sleepers = new Set<{ at: number; wake: () => void }>();

  clock(wallMs = 0): Clock {
    const wall = (): number => Date.parse('2026-01-01T00:00:00Z') + this.nowMs + wallMs;
    return {
      nowMs: wall,
      iso: () => new Date(wall()).toISOString(),
      monotonicMs: () => this.nowMs,
      sleep: async (ms, signal) =>
        new Promise((resolve, reject) => {
          signal?.throwIfAborted();
          signal?.addEventListener('abort', () => reject(new Error('over')), { once: true });
          this.#sleepers.add({ at: this.nowMs + ms, wake: resolve });
        }),
    };
  }

  /** A second at a time, so that whoever wakes up may go to sleep again. */
  async pass(ms: number): Promise<void> {
    for (const end = this.nowMs + ms; this.nowMs < end;) {
      this.nowMs = Math.min(end, this.nowMs + 1_000);
      for (const sleeper of this.#sleepers)
        if (sleeper.at <= this.nowMs) {
          this.#sleepers.delete(sleeper);
          sleeper.wake();
        }
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

async function stage() {
  const time = new ManualTime();
  const store = openMemoryStateStore({ clock: time.clock() });
  const bus = openMemoryMessageBus({ subscriptions: [] });
  const vault = memoryVault();
  const of = (wallMs: number, through: StateStore = store) => {
    const deps = { store: through, bus, vault, clock: time.clock(wallMs), log: silentLogger };
    return { ...deps, holder: `holder-${wallMs}`, isGone: () => false } as unknown as ExecutorDeps;
  };
  await RunJournal.create(of(0), 'user:test', 'local', RUN, {
    type: 'run.created',
    goal: 'x',
    inputs: {},
    labels: {},
    contract: TaskContract.parse({ navigate: ['https://a.example'] }),
  });
  const take = async (deps: ExecutorDeps) =>
    LeaseKeeper.take(deps, await RunJournal.open(deps, 'executor:x', 'local', RUN));
  return { time, store, of, take };
}
const run = { tenantId: 'local', runId: RUN };
const never = (): boolean => false;

describe('a lease', () => {
  it('lets nothing through from when it is about to be given free', async () => {
    const { of, take } = await stage();
    const lease = await take(of(0));
    expect(lease?.isLive).toBe(true);
    await lease?.releaseWrite();
    expect(lease?.isLive).toBe(false);
    expect(() => lease?.assertHeld()).toThrow(AppError);
  });

  it('goes on for 25 s without a renewal, and stops itself then', async () => {
    const { time, store, of, take } = await stage();
    let down = false;
    const failing: StateStore = {
      commit: async (writes) => {
        if (down) throw new AppError('store_unavailable', 'down', { retryable: true });
        return store.commit(writes);
      },
      get: async (path) => store.get(path),
      query: async (query) => store.query(query),
      watch: (prefix, onChange) => store.watch(prefix, onChange),
      close: async () => store.close(),
    };
    const lease = await take(of(0, failing));
    await time.pass(20_000);
    down = true;
    await time.pass(24_000);
    expect(lease?.isLive).toBe(true);
    expect(await isFree(store, run, never)).toBe(false);
    await time.pass(1_000);
    expect(lease?.isLive).toBe(false);
    expect(lease?.lost.aborted).toBe(true);
    expect(() => lease?.assertHeld()).toThrow(AppError);
    // It has stopped itself before anybody else may take the run.
    expect(await isFree(store, run, never)).toBe(false);
    await time.pass(6_000);
    expect(await isFree(store, run, never)).toBe(true);
  });

  it("is judged by the store's clock, whatever wall clocks say", async () => {
    const { time, store, of, take } = await stage();
    const lease = await take(of(600_000));
    await time.pass(9_000);
    expect(await take(of(-600_000))).toBeUndefined();
    lease?.stop();
    await time.pass(20_000);
    expect(await isFree(store, run, never)).toBe(false);
    await time.pass(3_000);
    expect((await take(of(-600_000)))?.leaseEpoch).toBe(2);
  });

  it('is taken by one of two', async () => {
    const { store, of, take } = await stage();
    const taken = await Promise.all([take(of(1)), take(of(2))]);
    expect(taken.filter((lease) => lease !== undefined)).toHaveLength(1);
    expect((await store.get(PATH))?.data).toMatchObject({ leaseEpoch: 1 });
  });
});
