import type { ActionOf } from '../../shared/contracts/action.ts';
import type { LogEventOf } from '../../shared/contracts/log-entry.ts';
import type { ProposedStep, StoredObservation, Turn } from '../../shared/contracts/plan.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import { judgeRepetition } from '../../shared/runs/same-action.ts';
import { spentBudget } from './budgets.ts';
import { failureOf, resultOf } from './finish.ts';
import { askApproval, askQuestion } from './human-steps.ts';
import { LogInWatch } from './log-in-watch.ts';
import { isStop, stopOfCode, type SessionEnd } from './session-end.ts';
import { PlannerTrouble } from './planner-trouble.ts';
import { PageWatch } from './repetition.ts';
import { runStep } from './step-runner.ts';
import { StateKeeper } from './state-keeper.ts';
import { TurnFollower } from './turn-follower.ts';
import type { TurnContext } from './turn-context.ts';
import { takePicture } from './turn-picture.ts';
import { closeTurn, openTurn, refuseStep } from './turn-records.ts';
import { errorOf, type TurnVerdict } from './turn-verdict.ts';
import { leakIn } from './written-text.ts';

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
  readonly #state: StateKeeper;
  readonly #watch = new PageWatch();
  readonly #logIns: LogInWatch;
  /** Aborts when this executor may or should not go on. */
  readonly #halting: AbortSignal;

  /** What an earlier ownership saw last. */
  readonly #seenBefore: StoredObservation | undefined;

  constructor(context: TurnContext, seenBefore?: StoredObservation) {
    this.#context = context;
    this.#state = new StateKeeper(context.deps, context.saveState);
    this.#logIns = new LogInWatch(context.deps, context.step, context.ask);
    this.#seenBefore = seenBefore;
    const { step, shutdown, stopped } = context;
    this.#halting = AbortSignal.any([step.signal, shutdown, stopped]);
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
    await step.gates.last?.keepLate();
    const run = await step.journal.refresh();
    const stop = this.#context.stopOf(run);
    if (stop) return this.#context.stop(stop);
    if (shutdown.aborted) {
      await this.#context.saveState();
      return 'shutdown';
    }
    const spent = spentBudget(run, deps.clock.nowMs());
    return spent && this.#context.end({ ...FAILED, error: spent.toInfo() });
  }

  async #turn(notices: readonly string[]): Promise<SessionEnd | undefined> {
    const { deps, step } = this.#context;
    const seen = await step.session.observe({ kind: 'diff', signal: step.signal });
    const records = { ...deps, ...step };
    const unchanged = this.#watch.unchanged(seen, this.#seenBefore);
    const repeated = judgeRepetition(this.#run, unchanged);
    if (repeated === 'stop') return this.#context.end({ ...FAILED, error: STUCK.toInfo() });
    const told = repeated === 'tell' ? [...notices, REPEATED] : notices;
    const planEpoch = await openTurn(
      records,
      seen,
      {
        notices: told,
        ...(unchanged && { unchanged }),
        ...(repeated === 'tell' && { toldOfRepetition: true }),
      },
      await takePicture(deps, step),
    );
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
    const { end } = verdict;
    if (isStop(end)) return this.#context.stop(end);
    if (end) return typeof end === 'string' ? end : end();
    if (verdict.error) return this.#context.end({ ...FAILED, error: verdict.error.toInfo() });
    // Nothing of a page can be read while its dialog is open; what is due stays due.
    if (step.session.page().dialog === undefined) await this.#state.keep();
    if (verdict.reason === 'broken' || verdict.reason === 'silent') await this.#pause();
    return undefined;
  }

  /** Waits for the planner, but not longer than this executor may or should go on; undefined when it should stop. */
  async #unlessHalted<T>(wait: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const { step, shutdown, stopped } = this.#context;
    try {
      return await wait(this.#halting);
    } catch (error) {
      if (step.signal.aborted || !(shutdown.aborted || stopped.aborted)) throw error;
      return undefined;
    }
  }

  async #pause(): Promise<void> {
    const { clock } = this.#context.deps;
    await this.#unlessHalted(async (signal) => clock.sleep(this.#trouble.pauseMs, signal));
  }

  #halt(): TurnVerdict {
    const { stopped } = this.#context;
    const stop = stopped.aborted ? stopOfCode(AppError.from(stopped.reason).code) : undefined;
    if (stop) return { reason: stop === 'expired' ? 'ended' : 'human', detail: stop, end: stop };
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
    const { stepId, planEpoch, action, doubt } = proposed;
    if (!action) {
      const message = proposed.invalid?.message ?? 'the item did not satisfy the contract';
      await refuseStep(step, stepId, new AppError('model_invalid_plan', message));
      return { verdict: { reason: 'invalid', detail: message }, done: false, moved: false };
    }
    const leak = leakIn(step.host, action);
    if (leak) {
      await refuseStep(step, stepId, leak, action);
      return { verdict: { reason: 'guard', detail: leak.message }, done: false, moved: false };
    }
    if (action.action === 'finish')
      return { verdict: await this.#finish(stepId, action, follower), done: true, moved: false };
    if (action.action === 'ask')
      return {
        verdict: await askQuestion(this.#context.ask, step, stepId, action),
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
    const result = await runStep(
      step,
      { stepId, planEpoch, action, doubt },
      async () => {
        const end = await this.#unlessHalted(async (signal) => follower.ended(signal));
        return end ?? 'halted';
      },
      async () => follower.peek(),
    );
    switch (result.kind) {
      case 'ended': {
        const { outcome, decision } = result;
        this.#state.note(decision, outcome);
        await this.#logIns.note(decision, outcome);
        if (result.end !== undefined)
          return {
            verdict: { reason: 'human', detail: 'waiting for an approval', end: result.end },
            done: true,
            moved: true,
          };
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
      case 'refused': {
        const { error } = result;
        const asked = await this.#logIns.refused(stepId, error);
        if (asked === 'again') return this.#handle(proposed, follower);
        const verdict = asked ?? { reason: 'guard', detail: error.message };
        return { verdict, done: false, moved: false };
      }
      case 'halted':
        return { verdict: this.#halt(), done: false, moved: false };
      case 'dropped':
        return {
          verdict: this.#trouble.brokenOff('broken', errorOf(follower.turn)),
          done: false,
          moved: false,
        };
      case 'uncertain': {
        const end = await this.#context.settleOpenIntent(result.reason, result.gate);
        return {
          verdict: { reason: 'guard', detail: result.reason, ...(end && { end }) },
          done: true,
          moved: true,
        };
      }
      case 'needs-approval': {
        const seen = await step.session.describe?.(action);
        const verdict = await askApproval(this.#context.ask, step, stepId, action, result, seen);
        if (verdict) return { verdict, done: false, moved: false };
        return this.#handle(proposed, follower);
      }
    }
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
      await refuseStep(step, stepId, error, action);
      return { reason: 'invalid', detail: error.message };
    }
  }
}
