import type { AppError } from '../../shared/core/errors.ts';
import type { TurnVerdict } from './turn-verdict.ts';

const MAX_BROKEN_TURNS = 5;
const MAX_PAUSE_MS = 10_000;
/** The planner's own platform was not there: it will be again, and until then the run waits. */
const PASSING: ReadonlySet<AppError['code']> = new Set([
  'store_unavailable',
  'bus_unavailable',
  'interrupted',
]);

/** Turns in a row that a planner broke off or fell silent in: whether the run goes on, and how long it pauses first. */
export class PlannerTrouble {
  #broken = 0;

  brokenOff(reason: TurnVerdict['reason'], error: AppError): TurnVerdict {
    this.#broken += 1;
    const over = !PASSING.has(error.code) && (!error.retryable || this.#broken >= MAX_BROKEN_TURNS);
    return { reason, detail: error.message, ...(over && { error }) };
  }

  /** Something was done: what was in the way is gone. */
  over(): void {
    this.#broken = 0;
  }

  /** Longer after each turn, so that a service that is down is not hammered. */
  get pauseMs(): number {
    return Math.min(MAX_PAUSE_MS, 250 * 2 ** this.#broken);
  }
}
