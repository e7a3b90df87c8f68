import type { Clock } from './clock.ts';

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
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true, signal: over.signal });
    });
    try {
      await Promise.race([woken, clock.sleep(timeoutMs, over.signal).catch(() => undefined)]);
    } finally {
      this.#wake = () => undefined;
      over.abort();
    }
  }
}
