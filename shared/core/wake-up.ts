import type { Clock } from './clock.ts';

const OVER = 'over';

/** Joins "something changed" with waiting for it: a change between looking and waiting is not missed. */
export class WakeUp {
  #changed = true;
  #wake: () => void = () => undefined;

  /** Something changed. */
  readonly notify = (): void => {
    this.#changed = true;
    this.#wake();
  };

  /** Call before looking: only what changes from now on ends the next wait at once. */
  looking(): void {
    this.#changed = false;
  }

  /** Resolves on a change since `looking`, on abort, or after `timeoutMs`. */
  async wait(clock: Clock, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#changed || signal.aborted) return;
    const over = new AbortController();
    // With a reason: making one up costs a stack trace.
    const wake = (): void => over.abort(OVER);
    this.#wake = wake;
    signal.addEventListener('abort', wake, { once: true });
    try {
      await clock.sleep(timeoutMs, over.signal).catch(() => undefined);
    } finally {
      this.#wake = () => undefined;
      signal.removeEventListener('abort', wake);
    }
  }
}
