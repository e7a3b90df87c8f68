import type { LogEntry, LogEvent, LogEventOf } from '../contracts/log-entry.ts';
import type { HumanRequest, Run, TokenUse } from '../contracts/run.ts';
import { TaskContract } from '../contracts/task-contract.ts';
import { AppError } from '../core/errors.ts';
import { askedSecret } from './asked-secret.ts';
import { illegal, without } from './run-change.ts';
import { intended, leftOpen, letGo, seenToCommit, settled } from './run-steps.ts';
import { checkMayBegin } from './may-begin.ts';
import { forgetRepetition } from './same-action.ts';

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
  'egress.refused',
  'run.cancel-requested',
  'run.erased',
  'step.late',
]);

/** Status of a run that has not ended: what keeps it from going on comes first. */
function goingOn(run: Run, status: 'planning' | 'acting'): Run['status'] {
  if (run.paused) return 'paused';
  return run.waitingFor ? 'waiting_human' : status;
}

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
    ...(event.template !== undefined && { template: event.template }),
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
    needsOwner: true,
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

function checkEpoch(run: Run, event: LogEvent): void {
  if ('leaseEpoch' in event && event.type !== 'lease.taken' && event.leaseEpoch !== run.leaseEpoch)
    throw new AppError(
      'lease_lost',
      `run ${run.runId} belongs to lease ${run.leaseEpoch}, not ${event.leaseEpoch}`,
    );
}

function msBetween(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}

function answered(run: Run, entry: LogEntry, event: LogEventOf<'human.answered'>): Run {
  const request = run.waitingFor;
  if (request?.requestId !== event.requestId)
    throw illegal(run, event, 'nobody is asked this (any more)');
  const waitedMs = run.waitedMs + msBetween(request.askedAt, entry.at);
  const approved =
    event.kind === 'approval' && event.answer === 'approve' && request.commitDigest !== undefined;
  const rest = without(run, 'waitingFor');
  return {
    ...rest,
    status: goingOn(rest, 'acting'),
    waitedMs,
    ...(event.kind === 'secret' && { givenSecrets: withGiven(run, request) }),
    // Time in which it waited for both counts once.
    ...(run.paused && { paused: { ...run.paused, since: entry.at } }),
    approvals: approved
      ? [
          ...run.approvals,
          {
            requestId: request.requestId,
            commitDigest: request.commitDigest ?? '',
            expiresAt: request.expiresAt,
          },
        ]
      : run.approvals,
  };
}

function withGiven({ givenSecrets = [] }: Run, request: HumanRequest): string[] {
  const asked = askedSecret(request);
  return [...new Set([...givenSecrets, ...(asked ? [asked.name] : [])])];
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
    status: goingOn(run, 'acting'),
    turnOpen: false,
    tokens: add(run.tokens, event.usage),
    modelCalls: run.modelCalls + event.modelCalls,
    invalidPlans: event.reason === 'invalid' ? run.invalidPlans + 1 : 0,
    idleTurns: idleTurnsAfter(run, event),
  };
}

function ended(run: Run, entry: LogEntry, event: LogEventOf<'run.ended'>): Run {
  return {
    ...without(without(run, 'waitingFor'), 'paused'),
    status: event.status,
    endedAt: entry.at,
    ...(event.result !== undefined && { result: event.result }),
    ...(event.summary !== undefined && { summary: event.summary }),
    ...(event.error !== undefined && { error: event.error }),
  };
}

/** What is left of a run whose content was erased: numbers, times, digests and who asked. */
function erased(run: Run, entry: LogEntry): Run {
  const {
    url: _url,
    result: _result,
    summary: _summary,
    browserState: _state,
    openIntent: _intent,
    error,
    ...rest
  } = run;
  return {
    ...rest,
    goal: '',
    inputs: {},
    labels: {},
    contract: TaskContract.parse({ navigate: ['https://erased.invalid'] }),
    approvals: [],
    ...(error && { error: { code: error.code, retryable: error.retryable, message: '' } }),
    erasedAt: entry.at,
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
        status: run.status === 'queued' ? goingOn(run, 'acting') : run.status,
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
      checkMayBegin(run, entry);
      return {
        ...forgetRepetition(run, event),
        planEpoch: event.planEpoch,
        turnOpen: true,
        status: 'planning',
      };
    case 'turn.closed':
      return closed(run, event);
    case 'step.intent':
      return intended(run, entry, event);
    case 'step.let-go':
      return letGo(run, event);
    case 'step.late':
      return event.gate.commits ? { ...run, ...seenToCommit(run, event.control) } : run;
    case 'step.ended':
    case 'step.resolved':
      return settled(run, event);
    case 'human.requested':
      if (run.waitingFor) throw illegal(run, event, 'a question is open');
      return {
        ...run,
        status: run.paused ? 'paused' : 'waiting_human',
        waitingFor: event.request,
      };
    case 'human.answered':
      return answered(run, entry, event);
    case 'take-over.input':
      if (run.waitingFor?.requestId !== event.requestId || run.waitingFor.kind !== 'take-over')
        throw illegal(run, event, 'nobody has the browser (any more)');
      return run;
    case 'human.expired': {
      const rest = without(run, 'waitingFor');
      return { ...rest, status: goingOn(rest, 'acting') };
    }
    case 'run.cancel-requested':
      return { ...run, cancelRequested: true };
    case 'run.paused': {
      if (run.paused) throw illegal(run, event, 'it is paused');
      const paused = { at: entry.at, since: entry.at, by: entry.actor };
      return { ...run, status: 'paused', paused };
    }
    case 'run.resumed': {
      if (!run.paused) throw illegal(run, event, 'it is not paused');
      const waitedMs = run.waitingFor ? 0 : msBetween(run.paused.since, entry.at);
      const rest = without(run, 'paused');
      return { ...rest, status: goingOn(rest, 'acting'), waitedMs: run.waitedMs + waitedMs };
    }
    case 'run.ended':
      return ended(run, entry, event);
    case 'run.erased':
      if (!isFinal(run)) throw illegal(run, event, 'it has not ended; cancel it first');
      return erased(run, entry);
    case 'payload.erased':
      throw illegal(run, event, 'its content was erased');
    case 'step.uncertain':
      return leftOpen(run, event);
    case 'browser.opened':
    case 'step.refused':
    case 'artifact.saved':
    case 'egress.refused':
    case 'secret.used':
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
  if (run.erasedAt !== undefined) throw illegal(run, entry.event, 'it was erased');
  checkEpoch(run, entry.event);
  const next = change(run, entry);
  const rests = next.waitingFor !== undefined || next.paused !== undefined;
  return {
    ...next,
    needsOwner: !isFinal(next) && (!rests || next.cancelRequested),
    seq: entry.seq,
    headHash: entry.hash,
    updatedAt: entry.at,
  };
}
