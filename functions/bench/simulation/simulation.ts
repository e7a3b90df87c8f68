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

/** Turns of the event loop that are asked for together: promises settle between two of them without a look at the system's timers and files. */
const TURNS = 64;

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
    return new Promise((resolve, reject) => {
      let over = false;
      // Everything that follows from the last event runs first: promises settle, then the next event.
      const turn = (): void => {
        if (over) return;
        try {
          over = !this.#goOn(done, limitMs);
          if (over) resolve();
        } catch (error) {
          over = true;
          reject(error);
        }
      };
      const turns = (): void => {
        if (over) return;
        for (let count = 0; count < TURNS; count += 1) setImmediate(turn);
        setImmediate(turns);
      };
      turns();
    });
  }

  /** Hands out the next event; false when it is over. */
  #goOn(done: () => boolean, limitMs: number): boolean {
    if (done()) return false;
    const next = this.#next();
    if (!next || next.at > limitMs) return false;
    this.now = next.at;
    next.run();
    return true;
  }

  /** A clock of one process: monotonic time is shared, wall time is off by `skewMs`. */
  clock(skewMs: () => number, mayRun: (run: () => void) => void = (run) => run()): Clock {
    const nowMs = (): number => START + this.now + skewMs();
    const said = { ms: NaN, iso: '' };
    return {
      nowMs,
      iso: () => {
        const ms = nowMs();
        if (ms !== said.ms) {
          said.ms = ms;
          said.iso = new Date(ms).toISOString();
        }
        return said.iso;
      },
      monotonicMs: () => this.now,
      sleep: async (ms, signal) =>
        new Promise((resolve, reject) => {
          if (!signal) {
            this.schedule(ms, () => mayRun(resolve));
            return;
          }
          signal.throwIfAborted();
          const abort = (): void => reject(signal.reason as Error);
          signal.addEventListener('abort', abort, { once: true });
          this.schedule(ms, () =>
            mayRun(() => {
              // What still listens to a signal made of others is never let go of.
              signal.removeEventListener('abort', abort);
              resolve();
            }),
          );
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
