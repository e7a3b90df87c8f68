import type { Action, ActionOf } from '../../shared/contracts/action.ts';
import type { Decision } from '../../shared/contracts/effect.ts';
import type { LogEventOf } from '../../shared/contracts/log-entry.ts';
import type { Outcome } from '../../shared/contracts/outcome.ts';
import type { ProposedStep, Turn } from '../../shared/contracts/plan.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import { spentBudget } from './budgets.ts';
import type { ExecutorDeps } from './deps.ts';
import { failureOf, resultOf } from './finish.ts';
import { askApproval, askQuestion, type Ask } from './human-steps.ts';
import type { Interruption, SessionEnd } from './session-end.ts';
import { PlannerTrouble } from './planner-trouble.ts';
import { Repetition } from './repetition.ts';
import { runStep, type StepDeps } from './step-runner.ts';
import { TurnFollower } from './turn-follower.ts';
import { closeTurn, openTurn } from './turn-records.ts';
import { errorOf, type TurnVerdict } from './turn-verdict.ts';

/** What the rest of the session does for its turns. */
export interface TurnContext {
  readonly deps: ExecutorDeps;
  readonly step: StepDeps;
  readonly shutdown: AbortSignal;
  /** Aborts when somebody asked for a cancel. */
  readonly cancelled: AbortSignal;
  readonly saveState: () => Promise<void>;
  readonly ask: Ask;
  readonly settleOpenIntent: (reason: string) => Promise<Interruption | undefined>;
  readonly end: (event: LogEventOf<'run.ended'>) => Promise<SessionEnd>;
  readonly cancel: () => Promise<SessionEnd>;
}

const FAILED = { type: 'run.ended', status: 'failed' } as const;
const REPEATED =
  'repeated: the same action was done five times or more and nothing changed on the page; find another way, or finish with failure';
const STUCK = new AppError(
  'no_progress',
  'the same action was done again and again and nothing changed on the page; the log shows which',
);

/** Observe, ask for a plan, act on its items as they close; again until the run ends or this ownership does. */
export class TurnLoop {
  readonly #context: TurnContext;
  readonly #trouble = new PlannerTrouble();
  #secretTyped = false;
  #stateDue = false;
  readonly #repetition = new Repetition();

  constructor(context: TurnContext) {
    this.#context = context;
  }

  get #run(): Run {
    return this.#context.step.journal.run;
  }

  async run(firstNotices: readonly string[]): Promise<SessionEnd> {
    let notices = firstNotices;
    for (;;) {
      const stop = await this.#boundary();
      if (stop) return stop;
      const end = await this.#turn(notices);
      if (end) return end;
      notices = [];
    }
  }

  /** Between turns nothing is under way: the place to stop. */
  async #boundary(): Promise<SessionEnd | undefined> {
    const { step, shutdown, deps } = this.#context;
    step.signal.throwIfAborted();
    const run = await step.journal.refresh();
    if (run.cancelRequested) return this.#context.cancel();
    if (shutdown.aborted) {
      await this.#context.saveState();
      return 'shutdown';
    }
    const spent = spentBudget(run, deps.clock.nowMs());
    return (
      spent && this.#context.end({ type: 'run.ended', status: 'failed', error: spent.toInfo() })
    );
  }

  async #turn(notices: readonly string[]): Promise<SessionEnd | undefined> {
    const { deps, step } = this.#context;
    const seen = await step.session.observe({ kind: 'diff', signal: step.signal });
    const records = { ...deps, ...step };
    const repeated = this.#repetition.judge(seen);
    if (repeated === 'stop') return this.#context.end({ ...FAILED, error: STUCK.toInfo() });
    const told = repeated === 'tell' ? [...notices, REPEATED] : notices;
    const planEpoch = await openTurn(records, seen, told);
    using follower = new TurnFollower(deps.store, deps.clock, this.#run, planEpoch);
    let done = 0;
    let moved = false;
    let verdict: TurnVerdict | undefined;
    while (!verdict) {
      const next = await this.#unlessHalted(async (signal) => follower.next(signal));
      if (!next) verdict = this.#halt();
      else if (next.kind === 'silent')
        verdict = this.#trouble.brokenOff(
          'silent',
          new AppError('model_unavailable', 'the planner fell silent', { retryable: true }),
        );
      else if (next.kind === 'end') verdict = this.#streamEnd(next.turn);
      else if (moved)
        verdict = {
          reason: 'guard',
          detail: 'the page moved on, so the rest of the plan was dropped',
        };
      else {
        const handled = await this.#handle(next.step, follower);
        if (handled.verdict) verdict = handled.verdict;
        if (handled.done) done += 1;
        moved = handled.moved;
      }
    }
    if (done > 0) this.#trouble.over();
    // The scheduler may have ended it meanwhile: nothing is written to a run that is over.
    if (isFinal(this.#run)) return 'ended';
    await closeTurn(records, { reason: verdict.reason, detail: verdict.detail ?? '', done });
    if (verdict.end === 'cancelled') return this.#context.cancel();
    if (verdict.end) return typeof verdict.end === 'string' ? verdict.end : verdict.end();
    if (verdict.error)
      return this.#context.end({
        type: 'run.ended',
        status: 'failed',
        error: verdict.error.toInfo(),
      });
    await this.#keepState();
    if (verdict.reason === 'broken' || verdict.reason === 'silent') await this.#pause();
    return undefined;
  }

  /** Waits for the planner, but not longer than this executor may or should go on; undefined when it should stop. */
  async #unlessHalted<T>(wait: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const { step, shutdown, cancelled } = this.#context;
    try {
      return await wait(AbortSignal.any([step.signal, shutdown, cancelled]));
    } catch (error) {
      if (step.signal.aborted || !(shutdown.aborted || cancelled.aborted)) throw error;
      return undefined;
    }
  }

  async #pause(): Promise<void> {
    const { clock } = this.#context.deps;
    await this.#unlessHalted(async (signal) => clock.sleep(this.#trouble.pauseMs, signal));
  }

  #halt(): TurnVerdict {
    if (this.#context.cancelled.aborted)
      return { reason: 'human', detail: 'cancelled', end: 'cancelled' };
    return { reason: 'takeover', detail: 'the executor shuts down' };
  }

  #streamEnd(turn: Turn): TurnVerdict {
    if (turn.status === 'complete') return { reason: 'used-up' };
    return this.#trouble.brokenOff('broken', errorOf(turn));
  }

  async #handle(
    proposed: ProposedStep,
    follower: TurnFollower,
  ): Promise<{ verdict?: TurnVerdict; done: boolean; moved: boolean }> {
    const { step } = this.#context;
    const { stepId, planEpoch, action } = proposed;
    if (!action) {
      const message = proposed.invalid?.message ?? 'the item did not satisfy the contract';
      await this.#refuse(stepId, new AppError('model_invalid_plan', message));
      return { verdict: { reason: 'invalid', detail: message }, done: false, moved: false };
    }
    if (action.action === 'finish')
      return { verdict: await this.#finish(stepId, action, follower), done: true, moved: false };
    if (action.action === 'ask')
      return {
        verdict: await askQuestion(this.#context.ask, stepId, action),
        done: true,
        moved: false,
      };
    const spent = spentBudget(this.#run, this.#context.deps.clock.nowMs());
    if (spent)
      return {
        verdict: { reason: 'guard', detail: spent.message, error: spent },
        done: false,
        moved: false,
      };
    const result = await runStep(step, { stepId, planEpoch, action }, async () => {
      const end = await this.#unlessHalted(async (signal) => follower.ended(signal));
      return end ?? 'halted';
    });
    switch (result.kind) {
      case 'ended': {
        const { outcome, decision } = result;
        this.#repetition.acted(action);
        this.#noteState(decision, outcome);
        if (outcome.status !== 'done')
          return {
            verdict: { reason: 'guard', detail: outcome.message ?? outcome.status },
            done: outcome.acted,
            moved: false,
          };
        const { document, dialog, tab } = outcome.changed;
        return {
          done: true,
          moved: document === true || dialog !== undefined || tab !== undefined,
        };
      }
      case 'refused':
        return {
          verdict: { reason: 'guard', detail: result.error.message },
          done: false,
          moved: false,
        };
      case 'halted':
        return { verdict: this.#halt(), done: false, moved: false };
      case 'dropped':
        return {
          verdict: this.#trouble.brokenOff('broken', errorOf(follower.turn)),
          done: false,
          moved: false,
        };
      case 'uncertain': {
        const end = await this.#context.settleOpenIntent(result.reason);
        return {
          verdict: { reason: 'guard', detail: result.reason, ...(end && { end }) },
          done: true,
          moved: true,
        };
      }
      case 'needs-approval': {
        const refuse = this.#refuse.bind(this);
        const verdict = await askApproval(this.#context.ask, refuse, stepId, action, result);
        if (verdict) return { verdict, done: false, moved: false };
        return this.#handle(proposed, follower);
      }
    }
  }

  /** Browser state is worth keeping after a commit, and once the page that a secret was typed into was left: a log-in. */
  #noteState(decision: Decision, { status, usedSecret, changed }: Outcome): void {
    if (usedSecret === true) this.#secretTyped = true;
    const loggedIn = this.#secretTyped && changed.document === true;
    if (status !== 'done' || !(loggedIn || decision.effect === 'commit')) return;
    this.#secretTyped = false;
    this.#stateDue = true;
  }

  /** Saves what is due between turns, when no step waits for it. */
  async #keepState(): Promise<void> {
    if (!this.#stateDue) return;
    this.#stateDue = false;
    await this.#context.saveState().catch((error: unknown) => {
      // The commit stands without it; a takeover would only have to log in again.
      const { code, message } = AppError.from(error);
      if (code === 'lease_lost' || code === 'browser_lost' || code === 'page_crashed') throw error;
      this.#context.deps.log.warn('browser state was not saved', { code, error: message });
    });
  }

  async #finish(
    stepId: string,
    action: ActionOf<'finish'>,
    follower: TurnFollower,
  ): Promise<TurnVerdict> {
    const { deps, step } = this.#context;
    const end = await this.#unlessHalted(async (signal) => follower.ended(signal));
    if (end === undefined) return this.#halt();
    if (end !== 'complete') return this.#trouble.brokenOff('broken', errorOf(follower.turn));
    if (action.status === 'failure') return { reason: 'ended', error: failureOf(action) };
    try {
      const result = await resultOf({ ...deps, host: step.host }, this.#run, action);
      const event: LogEventOf<'run.ended'> = {
        type: 'run.ended',
        status: 'succeeded',
        summary: action.summary,
        ...(result !== undefined && { result }),
      };
      return { reason: 'ended', end: async () => this.#context.end(event) };
    } catch (error) {
      if (!AppError.is(error, 'invalid_result')) throw error;
      await this.#refuse(stepId, error, action);
      return { reason: 'invalid', detail: error.message };
    }
  }

  async #refuse(stepId: string, error: AppError, action?: Action): Promise<void> {
    const { journal, leaseEpoch } = this.#context.step;
    await journal.append(() => [
      {
        type: 'step.refused',
        leaseEpoch,
        stepId,
        ...(action && { action }),
        error: error.toInfo(),
      },
    ]);
  }
}
