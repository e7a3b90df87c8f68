import { setTimeout as delay } from 'node:timers/promises';

/** Time as the platform sees it; tests bring their own. */
export interface Clock {
  /** Wall time, ISO 8601 in UTC with milliseconds: for people and the log, never for decisions about leases. */
  iso(): string;
  /** Wall time in ms since the epoch. */
  nowMs(): number;
  /** Monotonic ms since an arbitrary start: for durations and leases. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  iso: () => new Date().toISOString(),
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}),
};
