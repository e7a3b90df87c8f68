import type { LogEntry, LogEvent, LogEventOf } from '../contracts/log-entry.ts';
import type { Message } from '../contracts/message.ts';
import type { Run, TokenUse } from '../contracts/run.ts';
import { AppError } from '../core/errors.ts';

export const FINAL: ReadonlySet<Run['status']> = new Set([
  'succeeded',
  'failed',
  'cancelled',
  'expired',
]);

export function isFinal(run: Run): boolean {
  return FINAL.has(run.status);
}

/** What may still be written to a run that has ended. */
const AFTER_END: ReadonlySet<LogEvent['type']> = new Set([
  'lease.released',
  'artifact.saved',
  'run.cancel-requested',
]);

function created(entry: LogEntry, event: LogEventOf<'run.created'>): Run {
  return {
    schemaVersion: 1,
    tenantId: entry.tenantId,
    runId: entry.runId,
    status: 'queued',
    goal: event.goal,
    ...(event.url !== undefined && { url: event.url }),
    inputs: event.inputs,
    labels: event.labels,
    contract: event.contract,
    requestedBy: entry.actor,
    createdAt: entry.at,
    updatedAt: entry.at,
    seq: entry.seq,
    headHash: entry.hash,
    leaseEpoch: 0,
    planEpoch: 0,
    turnOpen: false,
    steps: 0,
    modelCalls: 0,
    invalidPlans: 0,
    idleTurns: 0,
    tokens: { prompt: 0, cached: 0, output: 0, thoughts: 0 },
    waitedMs: 0,
    approvals: [],
    committed: [],
    cancelRequested: false,
    usedSecret: false,
  };
}

function add(left: TokenUse, right: TokenUse): TokenUse {
  return {
    prompt: left.prompt + right.prompt,
    cached: left.cached + right.cached,
    output: left.output + right.output,
    thoughts: left.thoughts + right.thoughts,
  };
}

function without<Key extends keyof Run>(run: Run, key: Key): Run {
  const { [key]: _removed, ...rest } = run;
  return rest as Run;
}

function illegal(run: Run, event: LogEvent, why: string): AppError {
  return new AppError('conflict', `run ${run.runId}: ${event.type} is not possible now: ${why}`, {
    details: { status: run.status, seq: run.seq },
  });
}

function checkEpoch(run: Run, event: LogEvent): void {
  if ('leaseEpoch' in event && event.type !== 'lease.taken' && event.leaseEpoch !== run.leaseEpoch)
    throw new AppError(
      'lease_lost',
      `run ${run.runId} belongs to lease ${run.leaseEpoch}, not ${event.leaseEpoch}`,
    );
}

function answered(run: Run, entry: LogEntry, event: LogEventOf<'human.answered'>): Run {
  const request = run.waitingFor;
  if (request?.requestId !== event.requestId)
    throw illegal(run, event, 'nobody is asked this (any more)');
  const waitedMs = run.waitedMs + Math.max(0, Date.parse(entry.at) - Date.parse(request.askedAt));
  const approved =
    event.kind === 'approval' && event.answer === 'approve' && request.commitDigest !== undefined;
  return {
    ...without(run, 'waitingFor'),
    status: 'acting',
    waitedMs,
    approvals: approved
      ? [
          ...run.approvals,
          { requestId: request.requestId, commitDigest: request.commitDigest ?? '' },
        ]
      : run.approvals,
  };
}

function intended(run: Run, event: LogEventOf<'step.intent'>): Run {
  if (run.openIntent) throw illegal(run, event, `step ${run.openIntent.stepId} has no outcome yet`);
  if (run.cancelRequested) throw illegal(run, event, 'a cancel was asked for');
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
    },
  };
}

function settled(run: Run, event: LogEventOf<'step.ended'> | LogEventOf<'step.resolved'>): Run {
  const intent = run.openIntent;
  if (intent?.stepId !== event.stepId) throw illegal(run, event, 'that step has no open intent');
  const acted = event.type === 'step.ended' ? event.outcome.acted : event.verdict === 'acted';
  const commit = acted && intent.effect === 'commit' ? intent.commitDigest : undefined;
  return {
    ...without(run, 'openIntent'),
    usedSecret:
      run.usedSecret || (event.type === 'step.ended' && event.outcome.usedSecret === true),
    committed: commit === undefined ? run.committed : [...run.committed, commit],
  };
}

/** A planner that broke off or fell silent says nothing about the page: those turns are not counted as idle. */
function idleTurnsAfter(run: Run, { done, reason }: LogEventOf<'turn.closed'>): number {
  if (done > 0 || reason === 'takeover') return 0;
  return reason === 'silent' || reason === 'broken' ? run.idleTurns : run.idleTurns + 1;
}

function closed(run: Run, event: LogEventOf<'turn.closed'>): Run {
  if (!run.turnOpen || run.planEpoch !== event.planEpoch)
    throw illegal(run, event, 'that turn is not open');
  return {
    ...run,
    status: run.waitingFor ? 'waiting_human' : 'acting',
    turnOpen: false,
    tokens: add(run.tokens, event.usage),
    modelCalls: run.modelCalls + event.modelCalls,
    invalidPlans: event.reason === 'invalid' ? run.invalidPlans + 1 : 0,
    idleTurns: idleTurnsAfter(run, event),
  };
}

function ended(run: Run, entry: LogEntry, event: LogEventOf<'run.ended'>): Run {
  return {
    ...without(run, 'waitingFor'),
    status: event.status,
    endedAt: entry.at,
    ...(event.result !== undefined && { result: event.result }),
    ...(event.summary !== undefined && { summary: event.summary }),
    ...(event.error !== undefined && { error: event.error }),
  };
}

function change(run: Run, entry: LogEntry): Run {
  const event = entry.event;
  switch (event.type) {
    case 'run.created':
      throw illegal(run, event, 'it exists');
    case 'lease.taken':
      if (event.leaseEpoch !== run.leaseEpoch + 1)
        throw new AppError('lease_lost', `run ${run.runId} was leased by another executor`);
      return {
        ...run,
        leaseEpoch: event.leaseEpoch,
        holder: event.holder,
        status: run.status === 'queued' ? 'acting' : run.status,
      };
    case 'lease.released':
      return without(run, 'holder');
    case 'browser.state-saved':
      return {
        ...run,
        browserState: {
          artifact: event.artifact,
          ...(event.url !== undefined && { url: event.url }),
        },
      };
    case 'turn.opened':
      if (run.turnOpen) throw illegal(run, event, `turn ${run.planEpoch} is open`);
      if (event.planEpoch !== run.planEpoch + 1)
        throw illegal(run, event, `the next turn is ${run.planEpoch + 1}`);
      return { ...run, planEpoch: event.planEpoch, turnOpen: true, status: 'planning' };
    case 'turn.closed':
      return closed(run, event);
    case 'step.intent':
      return intended(run, event);
    case 'step.ended':
    case 'step.resolved':
      return settled(run, event);
    case 'human.requested':
      if (run.waitingFor) throw illegal(run, event, 'a question is open');
      return { ...run, status: 'waiting_human', waitingFor: event.request };
    case 'human.answered':
      return answered(run, entry, event);
    case 'human.expired':
      return { ...without(run, 'waitingFor'), status: 'acting' };
    case 'run.cancel-requested':
      return { ...run, cancelRequested: true };
    case 'run.ended':
      return ended(run, entry, event);
    case 'browser.opened':
    case 'step.refused':
    case 'step.uncertain':
    case 'artifact.saved':
      return run;
  }
}

/**
 * The run after one more log entry. Pure: the same entries give the same run, so a projection can be rebuilt from the log.
 * Throws `conflict` for what is not possible in this state, `lease_lost` for an entry of another ownership.
 */
export function applyEntry(run: Run | undefined, entry: LogEntry): Run {
  if (!run) {
    if (entry.event.type !== 'run.created')
      throw new AppError(
        'conflict',
        `run ${entry.runId}: the first entry is run.created, not ${entry.event.type}`,
      );
    return created(entry, entry.event);
  }
  if (isFinal(run) && !AFTER_END.has(entry.event.type))
    throw illegal(run, entry.event, `it ended as ${run.status}`);
  checkEpoch(run, entry.event);
  return { ...change(run, entry), seq: entry.seq, headHash: entry.hash, updatedAt: entry.at };
}

/** Messages that follow from an entry; whoever committed it publishes them. */
export function messagesOf(run: Run, event: LogEvent): readonly Message[] {
  const base = { schemaVersion: 1 as const, tenantId: run.tenantId, runId: run.runId };
  switch (event.type) {
    case 'run.created':
      return [{ type: 'run.ready', ...base }];
    case 'turn.opened':
      return [{ type: 'plan.requested', ...base, planEpoch: event.planEpoch }];
    case 'human.answered':
    case 'run.cancel-requested':
      return [{ type: 'run.resume', ...base }];
    default:
      return [];
  }
}
