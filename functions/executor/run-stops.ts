import { runPath } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import type { ExecutorDeps } from './deps.ts';
import type { Stop } from './session-end.ts';

const MAX_TIMER_MS = 2 ** 31 - 1;

/** What keeps an owned run from going on: a cancel, a pause, its deadline. */
export class RunStops {
  readonly #deps: ExecutorDeps;
  readonly #journal: RunJournal;
  readonly #stopped = new AbortController();

  constructor(deps: ExecutorDeps, journal: RunJournal) {
    this.#deps = deps;
    this.#journal = journal;
  }

  /** Aborts, with an error whose code says why. */
  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  /** Looks for them until `over`. */
  watch(over: AbortSignal): void {
    const { store, log } = this.#deps;
    const path = runPath(this.#journal.run.tenantId, this.#journal.run.runId);
    const unwatch = store.watch(path, (changed) => {
      if (!changed.includes(path)) return;
      store.get<Run>(path).then(
        (document) => {
          if (document?.data.cancelRequested === true) this.#stop('run_cancelled');
          else if (document?.data.paused) this.#stop('run_paused');
        },
        (error: unknown) =>
          log.warn('looking for a cancel failed', { error: AppError.from(error).message }),
      );
    });
    over.addEventListener('abort', unwatch, { once: true });
    this.#stopAtDeadline(over);
  }

  /** Why the run may not go on by what its log says, if so. */
  of(run: Run): Stop | undefined {
    const { deadline } = run.contract;
    if (run.cancelRequested) return 'cancelled';
    if (run.paused) return 'paused';
    const late = deadline !== undefined && this.#deps.clock.nowMs() >= Date.parse(deadline);
    return late ? 'expired' : undefined;
  }

  #stopAtDeadline(over: AbortSignal): void {
    const { clock } = this.#deps;
    const { deadline } = this.#journal.run.contract;
    if (deadline === undefined) return;
    const leftMs = Date.parse(deadline) - clock.nowMs();
    // Timers hold 24 days at most; a run that is owned for longer finds out between its turns.
    if (leftMs > MAX_TIMER_MS) return;
    clock.sleep(Math.max(leftMs, 0), over).then(
      () => this.#stop('run_expired'),
      () => undefined,
    );
  }

  #stop(code: 'run_cancelled' | 'run_paused' | 'run_expired'): void {
    this.#stopped.abort(new AppError(code, 'the run may not go on'));
  }
}
