import type { Clock } from '../../../shared/core/clock.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { Simulation } from './simulation.ts';

/** What is done to the processes of one run, and how often. */
export interface Faults {
  /** Crash at exactly these crossings of a port, counted over all processes. */
  readonly crashAt?: ReadonlySet<number>;
  /** Stand still for 90 s at exactly these crossings. */
  readonly pauseAt?: ReadonlySet<number>;
  /** Take 8 s at exactly these crossings. */
  readonly slowAt?: ReadonlySet<number>;
  /** Chance of a crash at any crossing. */
  readonly crash: number;
  /** Chance that a process stands still for up to 80 s at a crossing. */
  readonly pause: number;
  /** Chance that a crossing takes up to 8 s. */
  readonly slow: number;
  /** Chance that a call fails before it was applied, or that its reply is lost after it was. */
  readonly failure: number;
  /** Chance that a message is delivered twice, or only after a long while. */
  readonly message: number;
  /** Wall clocks are off by up to this. */
  readonly skewMs: number;
}

const FAULT_KINDS = [
  'crash',
  'slow',
  'pause',
  'failure',
  'lost-reply',
  'duplicate',
  'delay',
  'browser',
  'session-over',
  'model-break',
  'model-silence',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];
export type FaultCounts = Record<FaultKind, number>;

export function noFaults(): FaultCounts {
  return Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as FaultCounts;
}

export class Counters {
  crossings = 0;
  readonly faults = noFaults();
  /** Told what happens, one line each. */
  note: ((line: string) => void) | undefined;
}

/** Some of the time of one simulated process. After a crash nothing of it ever runs again: its calls stay without an answer. */
export class SimulatedProcess {
  readonly name: string;
  readonly clock: Clock;
  readonly simulation: Simulation;
  readonly faults: Faults;
  readonly counters: Counters;
  /** No more faults: what follows must come to its end. */
  calm = false;
  alive = true;
  onCrash: () => void = () => undefined;
  #pausedUntil = 0;

  constructor(name: string, simulation: Simulation, faults: Faults, counters: Counters) {
    this.name = name;
    this.simulation = simulation;
    this.faults = faults;
    this.counters = counters;
    const skewMs = (simulation.random() * 2 - 1) * faults.skewMs;
    this.clock = simulation.clock(
      () => skewMs,
      (run) => this.mayRun(run),
    );
  }

  get pausedUntil(): number {
    return this.#pausedUntil;
  }

  /** Runs it unless the process is dead; later if it stands still. */
  mayRun(run: () => void): void {
    if (!this.alive) return;
    const waitMs = this.#pausedUntil - this.simulation.now;
    if (waitMs > 0) this.simulation.schedule(waitMs, () => this.mayRun(run));
    else run();
  }

  note(line: string): void {
    const { counters, simulation } = this;
    counters.note?.(
      `${(simulation.now / 1_000).toFixed(3).padStart(9)} s ${String(counters.crossings).padStart(5)}  ${this.name.padEnd(12)} ${line}`,
    );
  }

  /** Crossing a port: takes a little time; the process may crash or stand still here. */
  cross(what: string): Promise<void> {
    const { simulation, faults, counters } = this;
    counters.crossings += 1;
    if (counters.note) this.note(what);
    const named = faults.crashAt?.has(counters.crossings) === true;
    if (named || this.#happens(faults.crash)) {
      this.crash();
      return new Promise(() => undefined);
    }
    const stopped = faults.pauseAt?.has(counters.crossings) === true;
    if (stopped || this.#happens(faults.pause)) {
      counters.faults.pause += 1;
      const ms = stopped ? 90_000 : simulation.random() * 80_000;
      this.#pausedUntil = simulation.now + ms;
      this.note(`STANDS STILL for ${Math.round(ms)} ms`);
    }
    const dragged = faults.slowAt?.has(counters.crossings) === true;
    const slow = dragged || this.#happens(faults.slow);
    if (slow) {
      counters.faults.slow += 1;
      this.note('DRAGS');
    }
    return new Promise((resolve) =>
      simulation.schedule(dragged ? 8_000 : simulation.random() * (slow ? 8_000 : 4), () =>
        this.mayRun(resolve),
      ),
    );
  }

  /** A call of a port: may fail before it is applied, or lose its reply. */
  async call<T>(
    what: string,
    apply: () => Promise<T>,
    unavailable: 'store_unavailable' | 'bus_unavailable',
  ): Promise<T> {
    await this.cross(what);
    const { counters, faults } = this;
    const failed = (): AppError =>
      new AppError(unavailable, 'simulated failure', { retryable: true });
    if (this.#happens(faults.failure)) {
      counters.faults.failure += 1;
      this.note('CALL FAILS');
      throw failed();
    }
    const result = await apply();
    if (this.#happens(faults.failure)) {
      counters.faults['lost-reply'] += 1;
      this.note('REPLY IS LOST');
      throw failed();
    }
    await this.cross('…done');
    return result;
  }

  crash(): void {
    if (!this.alive) return;
    this.alive = false;
    this.counters.faults.crash += 1;
    this.note('CRASH');
    this.onCrash();
  }

  #happens(chance: number): boolean {
    return !this.calm && chance > 0 && this.simulation.random() < chance;
  }
}
