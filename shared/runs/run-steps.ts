import type { LogEntry, LogEventOf } from '../contracts/log-entry.ts';
import type { Outcome } from '../contracts/outcome.ts';
import type { Run } from '../contracts/run.ts';
import { checkMayBegin } from './may-begin.ts';
import { illegal, without } from './run-change.ts';
import { actionKeyOf, countRepetition } from './same-action.ts';

/** The run with a step that is about to act. */
export function intended(run: Run, entry: LogEntry, event: LogEventOf<'step.intent'>): Run {
  checkMayBegin(run, entry);
  if (run.openIntent) throw illegal(run, event, `step ${run.openIntent.stepId} has no outcome yet`);
  if (
    event.approval !== undefined &&
    !run.approvals.some((approval) => approval.requestId === event.approval)
  )
    throw illegal(run, event, 'the approval was used already');
  return {
    ...run,
    status: 'acting',
    steps: run.steps + 1,
    approvals: run.approvals.filter((approval) => approval.requestId !== event.approval),
    openIntent: {
      stepId: event.stepId,
      leaseEpoch: event.leaseEpoch,
      effect: event.decision.effect,
      ...(event.decision.commitName !== undefined && { commitName: event.decision.commitName }),
      ...(event.commitDigest !== undefined && { commitDigest: event.commitDigest }),
      ...(event.control !== undefined && { control: event.control }),
      ...actionKeyOf(event),
    },
  };
}

export function seenToCommit({ committing = [] }: Run, control: string): Pick<Run, 'committing'> {
  return committing.includes(control)
    ? { committing }
    : { committing: [...committing, control].slice(-10_000) };
}

export function letGo(run: Run, event: LogEventOf<'step.let-go'>): Run {
  if (run.openIntent?.stepId !== event.stepId)
    throw illegal(run, event, 'that step has no open intent');
  const given = run.approvals.find((approval) => approval.requestId === event.approval);
  if (given?.commitDigest !== event.commitDigest)
    throw illegal(run, event, 'the approval was used already, or is for something else');
  return { ...run, approvals: run.approvals.filter((approval) => approval !== given) };
}

/** Requests were seen, and none that could have committed anything left. */
function stoppedAtGate({ gate }: Outcome): boolean {
  return (
    gate !== undefined &&
    gate.requests.some((request) => request.verdict === 'failed') &&
    !gate.requests.some((request) => request.verdict === 'passed' && request.by !== 'harmless')
  );
}

/** The run while it is not known what became of a step: what its control sends is remembered all the same. */
export function leftOpen(run: Run, { stepId, gate }: LogEventOf<'step.uncertain'>): Run {
  const { openIntent } = run;
  const control = openIntent?.stepId === stepId ? openIntent.control : undefined;
  if (gate?.commits !== true || control === undefined) return run;
  return { ...run, ...seenToCommit(run, control) };
}

/** The run once it is known what became of that step. */
export function settled(
  run: Run,
  event: LogEventOf<'step.ended'> | LogEventOf<'step.resolved'>,
): Run {
  const intent = run.openIntent;
  if (intent?.stepId !== event.stepId) throw illegal(run, event, 'that step has no open intent');
  const outcome = event.type === 'step.ended' ? event.outcome : undefined;
  const acted = event.type === 'step.ended' ? event.outcome.acted : event.verdict === 'acted';
  const stopped = outcome !== undefined && stoppedAtGate(outcome);
  const commit = acted && !stopped && intent.effect === 'commit' ? intent.commitDigest : undefined;
  const control = outcome?.gate?.commits === true ? intent.control : undefined;
  return {
    ...without(run, 'openIntent'),
    usedSecret:
      run.usedSecret || (event.type === 'step.ended' && event.outcome.usedSecret === true),
    committed: commit === undefined ? run.committed : [...run.committed, commit],
    ...(control !== undefined && seenToCommit(run, control)),
    ...(event.type === 'step.ended' && countRepetition(run.sameAction, intent.actionKey)),
  };
}
