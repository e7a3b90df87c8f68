import type { EgressRefusal } from '../../../shared/contracts/egress.ts';
import type { LogEvent } from '../../../shared/contracts/log-entry.ts';
import type { Clock } from '../../../shared/core/clock.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { Logger } from '../../../shared/core/logger.ts';

const WINDOW_MS = 60_000;
/** Kinds of refusal that get an entry of their own in a minute; the rest are counted together, by reason. */
const MAX_KINDS = 30;

interface Counted {
  readonly refusal: EgressRefusal;
  readonly since: number;
  /** Since the last entry. */
  count: number;
}

export interface RefusalLogDeps {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Pick<Logger, 'warn'>;
  readonly leaseEpoch: number;
  append(events: readonly LogEvent[]): Promise<unknown>;
}

/** Refusals as entries of the run's log: the first of a host, port and reason at once, those of the same minute as one more with their number. */
export class RefusalLog {
  readonly #deps: RefusalLogDeps;
  readonly #counted = new Map<string, Counted>();
  #waiting: LogEvent[] = [];
  #writing: Promise<void> | undefined;

  constructor(deps: RefusalLogDeps) {
    this.#deps = deps;
  }

  note(refusal: EgressRefusal): void {
    const now = this.#deps.clock.monotonicMs();
    for (const [key, counted] of this.#counted)
      if (now - counted.since >= WINDOW_MS) {
        this.#counted.delete(key);
        this.#say(counted.refusal, counted.count);
      }
    const own = `${refusal.host} ${refusal.port} ${refusal.reason}`;
    const many = this.#counted.size >= MAX_KINDS && !this.#counted.has(own);
    const key = many ? `* ${refusal.reason}` : own;
    const counted = this.#counted.get(key);
    if (counted) {
      counted.count += 1;
      return;
    }
    const first = many
      ? { ...refusal, host: '*', port: 0, detail: 'more hosts than have an entry of their own' }
      : refusal;
    this.#counted.set(key, { refusal: first, since: now, count: 0 });
    this.#say(first, 1);
    void this.#write();
  }

  #say(refusal: EgressRefusal, count: number): void {
    if (count === 0) return;
    const { leaseEpoch } = this.#deps;
    this.#waiting.push({ type: 'egress.refused', leaseEpoch, ...refusal, count });
  }

  async #write(): Promise<void> {
    if (this.#writing) return this.#writing;
    this.#writing = (async () => {
      while (this.#waiting.length > 0) {
        const events = this.#waiting;
        this.#waiting = [];
        await this.#deps.append(events).catch((error: unknown) => {
          this.#deps.log.warn('refusals on the way out are not in the log of the run', {
            refusals: events.length,
            error: AppError.from(error).message,
          });
        });
      }
    })().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  /** Writes what was only counted; before the lease is given free. */
  async flush(): Promise<void> {
    for (const { refusal, count } of this.#counted.values()) this.#say(refusal, count);
    this.#counted.clear();
    await this.#write();
  }
}
