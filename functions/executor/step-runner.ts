import { Action } from '../../shared/contracts/action.ts';
import { TargetFacts, type Decision, type EffectClass } from '../../shared/contracts/effect.ts';
import { Outcome } from '../../shared/contracts/outcome.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import { commitDigestOf, decideStep } from '../../shared/policy/decide-step.ts';
import type { BrowserSession, SessionHost } from './browser-session.ts';
import { keepOutcome } from './outcome-data.ts';

export interface StepDeps {
  readonly journal: RunJournal;
  readonly session: BrowserSession;
  readonly host: SessionHost;
  readonly leaseEpoch: number;
  /** Aborts when the executor may no longer act. */
  readonly signal: AbortSignal;
  /** Aborts when this kind of act should be given up, because the executor or the run is to stop. */
  readonly giveUp: (effect: EffectClass) => AbortSignal;
  /** Throws `lease_lost` once somebody else may have taken the run. */
  readonly assertHeld: () => void;
}

export interface Step {
  readonly stepId: string;
  readonly planEpoch: number;
  readonly action: Action;
}

export type StepResult =
  | { readonly kind: 'ended'; readonly outcome: Outcome; readonly decision: Decision }
  /** Nothing was touched; the rest of the plan is void. */
  | { readonly kind: 'refused'; readonly error: AppError }
  /** Held until the turn's normal end, which did not come. */
  | { readonly kind: 'dropped' }
  /** Nothing was touched: this executor is to stop. */
  | { readonly kind: 'halted' }
  | { readonly kind: 'uncertain'; readonly reason: string }
  | {
      readonly kind: 'needs-approval';
      readonly decision: Decision;
      readonly facts: TargetFacts;
      readonly commitDigest: string;
    };

/** How the plan's stream ended; `halted`: the wait for it was given up. */
export type TurnEnd = 'complete' | 'broken' | 'silent' | 'halted';

interface Judged {
  readonly facts: TargetFacts;
  readonly decision: Decision;
  readonly commitDigest: string | undefined;
  readonly approval: string | undefined;
}

/**
 * The action with `{{input.NAME}}` and `{{run.id}}` replaced. What is typed stays as it is: secrets are fetched at the moment of typing,
 * and the log keeps names only. A secret anywhere else is refused.
 */
async function resolveAction(host: SessionHost, action: Action): Promise<Action> {
  const resolve = async (value: unknown): Promise<unknown> => {
    if (typeof value === 'string')
      return value.includes('{{') ? (await host.resolveText(value)).text : value;
    if (Array.isArray(value)) return Promise.all(value.map(resolve));
    if (typeof value !== 'object' || value === null) return value;
    const fields = Object.entries(value).map(async ([key, field]) => [key, await resolve(field)]);
    return Object.fromEntries(await Promise.all(fields));
  };
  const kept = { why: action.why, ...(action.action === 'type' && { text: action.text }) };
  return Action.parse({
    ...((await resolve({
      ...action,
      why: '',
      ...(action.action === 'type' && { text: '' }),
    })) as object),
    ...kept,
  });
}

/** Facts and verdict of one step, before anything is touched. Throws what makes the step void. */
async function judge(deps: StepDeps, action: Action): Promise<Judged> {
  const run = deps.journal.run;
  const facts = TargetFacts.parse(await deps.session.inspect(action));
  const opens = action.action === 'navigate' || action.action === 'tab' ? action.url : undefined;
  if (opens !== undefined) {
    const base = /^https?:/i.test(facts.url) ? facts.url : undefined;
    deps.host.assertMayShow(URL.canParse(opens, base) ? new URL(opens, base).href : opens);
  }
  if (action.action === 'click' && facts.href !== undefined && /^https?:/i.test(facts.href))
    deps.host.assertMayShow(facts.href);
  if (
    facts.form &&
    (facts.submits || (action.action === 'type' && action.submit)) &&
    !deps.host.mayFetch(facts.form.action)
  )
    deps.host.assertMayShow(facts.form.action);
  const dialogText = deps.session.page().dialog;
  const context = {
    runId: run.runId,
    contract: run.contract,
    committed: run.committed,
    ...(dialogText !== undefined && { dialogText }),
    knownUrl: (url: string) =>
      url === run.url ||
      url === run.browserState?.url ||
      run.goal.includes(url) ||
      Object.values(run.inputs).includes(url),
  };
  const decision = decideStep(action, facts, context);
  const grave = decision.effect === 'commit' || decision.effect === 'unknown';
  const commitDigest = grave ? commitDigestOf(run.runId, action, facts) : undefined;
  const approval = run.approvals.find((given) => given.commitDigest === commitDigest)?.requestId;
  return {
    facts,
    decision,
    commitDigest,
    approval: decision.verdict === 'ask' ? approval : undefined,
  };
}

/**
 * Input reached the page and what followed is not known. A commit whose expectation failed is in doubt too: that proves nothing. Of an
 * unknown it is known that it acted, and that is all there is to know.
 */
function isUncertain({ effect }: Decision, { acted, status, code }: Outcome): boolean {
  if (!acted || status === 'done') return false;
  return effect === 'commit' || (effect === 'unknown' && code !== 'expectation_failed');
}

/**
 * One step: facts -> class and policy -> (held until the turn is complete) -> INTENT -> act -> DONE, FAILED or UNCERTAIN.
 * `turnEnd` resolves when the plan's stream has ended.
 */
export async function runStep(
  deps: StepDeps,
  step: Step,
  turnEnd: () => Promise<TurnEnd>,
): Promise<StepResult> {
  const { journal, leaseEpoch } = deps;
  const { action, stepId, planEpoch } = step;
  let judged: Judged | undefined;
  let resolved = action;
  try {
    resolved = await resolveAction(deps.host, action);
    judged = await judge(deps, resolved);
    if (judged.commitDigest !== undefined) {
      const end = await turnEnd();
      if (end === 'halted') return { kind: 'halted' };
      if (end !== 'complete') return { kind: 'dropped' };
      const again = await judge(deps, resolved);
      if (again.commitDigest !== judged.commitDigest)
        throw new AppError(
          'target_stale',
          'what would be committed changed while the step was held',
        );
      judged = again;
    }
    if (judged.decision.verdict === 'refuse')
      throw new AppError('action_refused', judged.decision.reasons.join('; '), {
        details: { reasons: judged.decision.reasons },
      });
  } catch (error) {
    if (!AppError.is(error)) throw error;
    if (deps.signal.aborted || error.code === 'browser_lost' || error.code === 'page_crashed')
      throw error;
    const decision = judged?.decision;
    await journal.append(() => [
      {
        type: 'step.refused',
        leaseEpoch,
        stepId,
        action,
        error: error.toInfo(),
        ...(decision && { decision }),
      },
    ]);
    return { kind: 'refused', error };
  }
  const { facts, decision, commitDigest, approval } = judged;
  if (decision.verdict === 'ask' && approval === undefined)
    return { kind: 'needs-approval', decision, facts, commitDigest: commitDigest ?? '' };
  deps.signal.throwIfAborted();
  await journal.append((run) => {
    if (run.cancelRequested) throw new AppError('run_cancelled', 'the run was cancelled');
    return [
      {
        type: 'step.intent',
        leaseEpoch,
        planEpoch,
        stepId,
        action,
        decision,
        facts,
        ...(commitDigest !== undefined && { commitDigest }),
        ...(approval !== undefined && { approval }),
      },
    ];
  });
  deps.assertHeld();
  const raw = Outcome.parse(
    await deps.session.act(resolved, {
      signal: AbortSignal.any([deps.signal, deps.giveUp(decision.effect)]),
    }),
  );
  const outcome = await keepOutcome(deps.host, stepId, raw);
  if (isUncertain(decision, outcome)) {
    const reason = outcome.message ?? `the step acted and then: ${outcome.status}`;
    return { kind: 'uncertain', reason };
  }
  await journal.append(() => [{ type: 'step.ended', leaseEpoch, stepId, outcome }]);
  return { kind: 'ended', outcome, decision };
}
