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

const MINUTE_MS = 60_000;

/** Ms until the next whole minute of UTC: what has slots of a minute looks at each as it begins. */
export function untilNextMinute(clock: Pick<Clock, 'nowMs'>): number {
  return MINUTE_MS - (clock.nowMs() % MINUTE_MS);
}

export const systemClock: Clock = {
  iso: () => new Date().toISOString(),
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}),
};
