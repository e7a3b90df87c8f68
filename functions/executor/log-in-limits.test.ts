import { describe, expect, it } from 'vitest';

import type { Run } from '../../shared/contracts/run.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import { openMemoryStateStore } from '../../shared/testing/memory-state-store.ts';
import { LogInLimits } from './log-in-limits.ts';

const never = new AbortController().signal;

/** Runs of one tenant on one store, under a clock that only sleeping moves. */
function tenant() {
  let now = Date.parse('2026-11-27T10:00:00.000Z');
  const sleeping: { at: number; wake: () => void }[] = [];
  const clock: Clock = {
    nowMs: () => now,
    iso: () => new Date(now).toISOString(),
    monotonicMs: () => now,
    sleep: async (ms, signal) =>
      new Promise((wake, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        sleeping.push({ at: now + ms, wake });
      }),
  };
  const store = openMemoryStateStore({ clock });
  return {
    clock,
    pass: (ms: number) => {
      now += ms;
      for (const due of sleeping.filter(({ at }) => at <= now)) due.wake();
    },
    of: (run: number, tenantId = 'local') =>
      new LogInLimits(
        store,
        clock,
        () => ({ tenantId, runId: `run_${String(run).padStart(20, '0')}` }) as Run,
      ),
  };
}

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => AppError.from(error).code,
  );
const settled = async (work: Promise<unknown>): Promise<boolean> =>
  Promise.race([
    work.then(() => true),
    new Promise<boolean>((resolve) => setImmediate(() => setImmediate(() => resolve(false)))),
  ]);

describe('a credential', () => {
  it('is used by one run at a time; another waits until that log-in came to something', async () => {
    const { of } = tenant();
    const [first, second] = [of(1), of(2)];
    await first.begin(['password'], never);
    const waiting = second.begin(['password'], never);
    expect(await settled(waiting)).toBe(false);
    await first.settle(false);
    await waiting;
    expect(second.undecided).toBe(true);
    expect(first.undecided).toBe(false);
  });

  it('is not waited for by another credential, by another tenant, nor by the run that has it', async () => {
    const { of } = tenant();
    const first = of(1);
    await first.begin(['password'], never);
    await first.begin(['password'], never);
    await of(2).begin(['other'], never);
    await of(3, 'b').begin(['password'], never);
  });

  it('is free again when the run that had it died, and what that one says later is not heard', async () => {
    const { of, pass } = tenant();
    const [dead, next, third] = [of(1), of(2), of(3)];
    await dead.begin(['password'], never);
    const waiting = next.begin(['password'], never);
    expect(await settled(waiting)).toBe(false);
    pass(90_000);
    await waiting;
    await dead.settle(true);
    const third$ = third.begin(['password'], never);
    expect(await settled(third$)).toBe(false);
    await next.release();
    await third$;
  });

  it('gives up waiting when it is told to', async () => {
    const { of } = tenant();
    await of(1).begin(['password'], never);
    const stop = new AbortController();
    const waiting = of(2).begin(['password'], stop.signal);
    stop.abort(new AppError('run_cancelled', 'the run was cancelled'));
    expect(await codeOf(waiting)).toBe('run_cancelled');
  });

  it('is for a person to decide on after three failed log-ins within an hour, of whichever runs', async () => {
    const { of, pass } = tenant();
    for (const run of [1, 2, 3]) {
      const one = of(run);
      await one.begin(['password'], never);
      await one.settle(true);
      pass(60_000);
    }
    expect(await codeOf(of(4).begin(['password'], never))).toBe('log_in_limited');
    expect(await codeOf(of(4).begin(['other'], never))).toBe('done');
    await of(4).forgive('password');
    expect(await codeOf(of(4).begin(['password'], never))).toBe('done');
  });

  it('may be used again when an hour has passed, or when a log-in worked in between', async () => {
    const { of, pass } = tenant();
    const fail = async (): Promise<void> => {
      const one = of(1);
      await one.begin(['password'], never);
      await one.settle(true);
    };
    await fail();
    await fail();
    const good = of(2);
    await good.begin(['password'], never);
    await good.settle(false);
    await fail();
    await fail();
    expect(await codeOf(of(3).begin(['password'], never))).toBe('done');
    await of(3).release();
    pass(90_000);
    await fail();
    expect(await codeOf(of(3).begin(['password'], never))).toBe('log_in_limited');
    pass(3_600_000);
    expect(await codeOf(of(3).begin(['password'], never))).toBe('done');
  });

  it('has each one-time code typed once, however many runs want it', async () => {
    const { of } = tenant();
    const taken = await Promise.all([1, 2, 3].map(async (run) => of(run).takeWindow('otp', 7)));
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await of(4).usedWindow('otp')).toBe(7);
    expect(await of(4).takeWindow('otp', 6)).toBe(false);
    expect(await of(4).takeWindow('otp', 8)).toBe(true);
  });
});
