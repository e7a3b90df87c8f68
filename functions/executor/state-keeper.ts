import type { Decision } from '../../shared/contracts/effect.ts';
import type { Outcome } from '../../shared/contracts/outcome.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { ExecutorDeps } from './deps.ts';

const AT_MOST_EVERY_MS = 10_000;

/** When browser state is worth keeping: after a commit, and once the page that a secret was typed into was left, which is a log-in. */
export class StateKeeper {
  readonly #deps: Pick<ExecutorDeps, 'clock' | 'log'>;
  readonly #save: () => Promise<void>;
  #secretTyped = false;
  #due = false;
  #savedAt = -Infinity;

  constructor(deps: Pick<ExecutorDeps, 'clock' | 'log'>, save: () => Promise<void>) {
    this.#deps = deps;
    this.#save = save;
  }

  note(decision: Decision, { status, usedSecret, changed }: Outcome): void {
    if (usedSecret === true) this.#secretTyped = true;
    const loggedIn = this.#secretTyped && changed.document === true;
    if (status !== 'done' || !(loggedIn || decision.effect === 'commit')) return;
    this.#secretTyped = false;
    this.#due = true;
  }

  /** Saves what is due, between turns, when no step waits for it; what comes too soon after the last time stays due. */
  async keep(): Promise<void> {
    const { clock, log } = this.#deps;
    if (!this.#due || clock.monotonicMs() - this.#savedAt < AT_MOST_EVERY_MS) return;
    this.#due = false;
    this.#savedAt = clock.monotonicMs();
    await this.#save().catch((error: unknown) => {
      // The commit stands without it; a takeover would only have to log in again.
      const { code, message } = AppError.from(error);
      if (code === 'lease_lost' || code === 'browser_lost' || code === 'page_crashed') throw error;
      log.warn('browser state was not saved', { code, error: message });
    });
  }
}
