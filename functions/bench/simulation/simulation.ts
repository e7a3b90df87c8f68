import type { Clock } from '../../../shared/core/clock.ts';

/** A seeded random number generator (mulberry32): the same seed, the same run. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

const START = Date.parse('2026-01-01T00:00:00.000Z');

/** Virtual time and a queue of what is due: nothing happens but what this hands out, one thing after another. */
export class Simulation {
  readonly random: () => number;
  now = 0;
  readonly #due: Due[] = [];
  #order = 0;

  constructor(seed: number) {
    this.random = randomOf(seed);
  }

  schedule(delayMs: number, run: () => void): void {
    const due = { at: this.now + delayMs, order: (this.#order += 1), run };
    let at = this.#due.push(due) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(due, this.#due[parent])) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Hands out what is due until `done`, or `limitMs` of virtual time, or until nothing is due any more. */
  async run(done: () => boolean, limitMs: number): Promise<void> {
    for (;;) {
      // Everything that follows from the last event runs first: promises settle, then the next event.
      await new Promise((resolve) => setImmediate(resolve));
      if (done()) return;
      const next = this.#next();
      if (!next || next.at > limitMs) return;
      this.now = next.at;
      next.run();
    }
  }

  /** A clock of one process: monotonic time is shared, wall time is off by `skewMs`. */
  clock(skewMs: () => number, mayRun: (run: () => void) => void = (run) => run()): Clock {
    const nowMs = (): number => START + this.now + skewMs();
    return {
      nowMs,
      iso: () => new Date(nowMs()).toISOString(),
      monotonicMs: () => this.now,
      sleep: async (ms, signal) =>
        new Promise((resolve, reject) => {
          signal?.throwIfAborted();
          signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
          this.schedule(ms, () => mayRun(resolve));
        }),
    };
  }

  #next(): Due | undefined {
    const first = this.#due[0];
    const last = this.#due.pop();
    if (!first || !last || first === last) return first;
    this.#due[0] = last;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const child = before(this.#due[left + 1], this.#due[left]) ? left + 1 : left;
      if (!before(this.#due[child], this.#due[at])) return first;
      this.#swap(at, child);
      at = child;
    }
  }

  #swap(left: number, right: number): void {
    const kept = this.#due[left] as Due;
    this.#due[left] = this.#due[right] as Due;
    this.#due[right] = kept;
  }
}

function before(left: Due | undefined, right: Due | undefined): boolean {
  if (!left || !right) return left !== undefined;
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}
