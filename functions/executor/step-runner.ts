import { Action } from '../../shared/contracts/action.ts';
import { TargetFacts, type Decision, type EffectClass } from '../../shared/contracts/effect.ts';
import { Outcome } from '../../shared/contracts/outcome.ts';
import type { Clock } from '../../shared/core/clock.ts';
import type { ProposedStep } from '../../shared/contracts/plan.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { GateReport } from '../../shared/contracts/wire-request.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import { approvalFor } from '../../shared/runs/approvals.ts';
import { commitDigestOf, decideStep, isNamed } from '../../shared/policy/decide-step.ts';
import { maskText } from '../../shared/policy/masking.ts';
import { controlKeyOf } from '../../shared/policy/wire-gate.ts';
import type { BrowserSession, SessionHost } from './browser-session.ts';
import type { Ask } from './human-wait.ts';
import type { LookAhead } from './look-ahead.ts';
import { keepOutcome } from './outcome-data.ts';
import type { Interruption } from './session-end.ts';
import { mayOpenWindows, StepGate, withGate } from './step-gate.ts';
import { writtenIn } from './written-text.ts';

export interface StepDeps {
  readonly journal: RunJournal;
  readonly session: BrowserSession;
  readonly ahead: LookAhead;
  readonly host: SessionHost;
  readonly leaseEpoch: number;
  /** Aborts when the executor may no longer act. */
  readonly signal: AbortSignal;
  /** Aborts when this kind of act should be given up, because the executor or the run is to stop. */
  readonly giveUp: (effect: EffectClass) => AbortSignal;
  /** Throws `lease_lost` once somebody else may have taken the run. */
  readonly assertHeld: () => void;
  readonly clock: Clock;
  /** The gate of the step that acted last: what it set going may still come. */
  readonly gates: { last?: StepGate };
  /** Asks a person about what waits at the wire gate. */
  readonly ask?: Ask;
}

export interface Step {
  readonly stepId: string;
  readonly planEpoch: number;
  readonly action: Action;
  /** The model's own safety check asks for a person. */
  readonly doubt?: string | undefined;
}

export type StepResult =
  | {
      readonly kind: 'ended';
      readonly outcome: Outcome;
      readonly decision: Decision;
      /** Nobody answered while a request was held: the session is over. */
      readonly end?: Interruption;
    }
  /** Nothing was touched; the rest of the plan is void. */
  | { readonly kind: 'refused'; readonly error: AppError }
  /** Held until the turn's normal end, which did not come. */
  | { readonly kind: 'dropped' }
  /** Nothing was touched: this executor is to stop. */
  | { readonly kind: 'halted' }
  | { readonly kind: 'uncertain'; readonly reason: string; readonly gate?: GateReport | undefined }
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
  /** By what the control is known again. */
  readonly control: string;
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

/** A person is asked whatever the level and the contract say: the service wants a yes that nobody gave in advance. */
function doubted(decision: Decision, doubt: string | undefined): Decision {
  if (doubt === undefined || decision.verdict === 'refuse') return decision;
  const reasons = [...decision.reasons, `the model's safety check asks for a person: ${doubt}`];
  return { ...decision, verdict: 'ask', reasons };
}

/** Facts and verdict of one step, before anything is touched. Throws what makes the step void. */
async function judge(
  deps: StepDeps,
  action: Action,
  inspected: Promise<TargetFacts>,
  doubt?: string,
): Promise<Judged> {
  const run = deps.journal.run;
  const facts = TargetFacts.parse(await inspected);
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
  const control = controlKeyOf(facts);
  const context = {
    runId: run.runId,
    contract: run.contract,
    committed: run.committed,
    committing: run.committing?.includes(control) === true,
    ...(dialogText !== undefined && { dialogText }),
    knownUrl: (url: string) =>
      url === run.url ||
      url === run.browserState?.url ||
      run.goal.includes(url) ||
      Object.values(run.inputs).includes(url),
  };
  const decision = doubted(decideStep(action, facts, context), doubt);
  const grave =
    decision.effect === 'commit' || decision.effect === 'unknown' || doubt !== undefined;
  const commitDigest = grave ? commitDigestOf(run.runId, action, facts) : undefined;
  const approval =
    commitDigest === undefined ? undefined : approvalFor(run, commitDigest, deps.clock.nowMs());
  return {
    facts,
    decision,
    control,
    commitDigest,
    approval: decision.verdict === 'ask' ? approval : undefined,
  };
}

/**
 * Input reached the page and what followed is not known. A commit whose expectation failed is in doubt too: that proves nothing. Of an
 * unknown it is known that it acted, and that is all there is to know.
 */
function isUncertain({ effect }: Decision, { acted, status, code, gate }: Outcome): boolean {
  if (!acted || status === 'done') return false;
  // Whatever would have left was held: it is known not to have happened.
  if (gate?.requests.every((request) => request.verdict === 'failed' || request.by === 'harmless'))
    return false;
  return effect === 'commit' || (effect === 'unknown' && code !== 'expectation_failed');
}

/**
 * One step: facts -> class and policy -> (held until the turn is complete) -> INTENT -> act -> DONE, FAILED or UNCERTAIN.
 * `turnEnd` resolves when the plan's stream has ended; `upcoming` gives the next step where it stands already.
 */
export async function runStep(
  deps: StepDeps,
  step: Step,
  turnEnd: () => Promise<TurnEnd>,
  upcoming: () => Promise<ProposedStep | undefined> = async () => undefined,
): Promise<StepResult> {
  const { journal, leaseEpoch } = deps;
  const { action, stepId, planEpoch } = step;
  await deps.gates.last?.keepLate();
  let judged: Judged | undefined;
  let resolved = action;
  try {
    for (const text of writtenIn(action)) deps.host.assertClean?.(text);
    if (action.action === 'type') await deps.host.whenReady?.(action.text, deps.signal);
    resolved = await resolveAction(deps.host, action);
    judged = await judge(deps, resolved, deps.ahead.facts(stepId, resolved), step.doubt);
    if (judged.commitDigest !== undefined) {
      const end = await turnEnd();
      if (end === 'halted') return { kind: 'halted' };
      if (end !== 'complete') return { kind: 'dropped' };
      const again = await judge(deps, resolved, deps.session.inspect(resolved), step.doubt);
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
  const { facts, decision, control, commitDigest, approval } = judged;
  if (decision.verdict === 'ask' && approval === undefined)
    return { kind: 'needs-approval', decision, facts, commitDigest: commitDigest ?? '' };
  deps.signal.throwIfAborted();
  // Refused when the run was cancelled or paused meanwhile, or its deadline came.
  await journal.append(() => [
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
      ...(commitDigest !== undefined && { control }),
    },
  ]);
  deps.assertHeld();
  const gate = commitDigest === undefined ? undefined : gateOf(deps, stepId, resolved, judged);
  if (gate) deps.gates.last = gate;
  const raw = Outcome.parse(
    await deps.session.act(resolved, {
      signal: AbortSignal.any([deps.signal, deps.giveUp(decision.effect)]),
      ...(gate && {
        gate: gate.judge,
        gateWindows: mayOpenWindows(facts),
        ended: gate.noteEnd,
      }),
    }),
  );
  deps.ahead.start(raw, await upcoming());
  const outcome = await keepOutcome(deps.host, stepId, gate ? withGate(raw, gate) : raw);
  if (isUncertain(decision, outcome)) {
    const reason = outcome.message ?? `the step acted and then: ${outcome.status}`;
    return { kind: 'uncertain', reason, gate: outcome.gate };
  }
  // What may be done again does not wait for the disk: the next intent takes it along before anything else is touched.
  const grave = decision.effect === 'commit' || decision.effect === 'unknown';
  await journal.append(
    () => [{ type: 'step.ended', leaseEpoch, stepId, outcome }],
    () => [],
    grave ? 'machine' : 'process',
  );
  const end = gate?.interruption;
  return { kind: 'ended', outcome, decision, ...(end !== undefined && { end }) };
}

function gateOf(deps: StepDeps, stepId: string, action: Action, judged: Judged): StepGate {
  const { journal, leaseEpoch, assertHeld, ask, host, clock } = deps;
  const { facts, decision, approval } = judged;
  const { contract } = journal.run;
  const named = decision.verdict === 'allow' && isNamed(contract, decision.commitName ?? '', facts);
  const yes = approval !== undefined ? 'approval' : named ? 'named' : undefined;
  const mask = (text: string): string => maskText(text, host.maskedValues);
  return new StepGate({ journal, leaseEpoch, ask, assertHeld, mask, clock }, stepId, action, {
    contract,
    action,
    facts,
    yes,
  });
}
