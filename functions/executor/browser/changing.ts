/** Something whose facts change by events, and that can be waited for. */
export class Changing {
  readonly #waiters = new Set<() => void>();

  /** Waits for facts, which wake it; true when the condition came to hold. */
  async until(condition: () => boolean, ms: number, signal?: AbortSignal): Promise<boolean> {
    if (condition()) return true;
    if (ms <= 0 || signal?.aborted) return false;
    return new Promise((resolve) => {
      const done = (held: boolean): void => {
        clearTimeout(timer);
        this.#waiters.delete(check);
        signal?.removeEventListener('abort', stop);
        resolve(held);
      };
      const check = (): void => {
        if (condition()) done(true);
      };
      const stop = (): void => done(false);
      const timer = setTimeout(() => done(condition()), ms);
      this.#waiters.add(check);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  changed(): void {
    for (const waiter of this.#waiters) waiter();
  }
}
