import type { LogEvent } from '../../shared/contracts/log-entry.ts';
import type { AnswerRequest } from '../../shared/contracts/problem.ts';
import type { HumanRequest, Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import { keepGiven } from '../../shared/journal/given-secrets.ts';
import { RunJournal, type JournalDeps } from '../../shared/journal/run-journal.ts';
import {
  assertMay,
  assertMayApprove,
  may,
  type Identity,
  type Proposer,
} from '../../shared/policy/roles.ts';
import { askedSecret } from '../../shared/runs/asked-secret.ts';
import { TenantScope } from '../../shared/tenants/tenant-scope.ts';

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  approval: ['approve', 'deny'],
  uncertain: ['acted', 'not-acted'],
  'take-over': ['done'],
};

/** Who stands behind a run: its principal and, when that is an API key, who made the key. */
export async function proposerOf(deps: JournalDeps, run: Run): Promise<Proposer> {
  const principal = run.requestedBy;
  if (!principal.startsWith('key:')) return { principal };
  const key = await new TenantScope(deps.store, run.tenantId).apiKeys.find(principal.slice(4));
  return { principal, ...(key && { createdBy: key.data.createdBy }) };
}

function assertMayAnswer(identity: Identity, asked: HumanRequest, answer: string, by: Proposer) {
  // A no is safe from anybody who has a say in the run.
  if (asked.kind === 'approval' && answer === 'approve') return assertMayApprove(identity, by);
  if (!may(identity, 'commits.approve')) assertMay(identity, 'runs.start');
}

/**
 * Records a person's answer; used at most once. Errors: `conflict` when nobody asks this (any more), `invalid_request` for an answer that
 * is none of the choices, `permission_denied` for a yes of somebody who may not give it.
 */
export async function answerRun(
  deps: JournalDeps,
  identity: Identity,
  runId: string,
  request: AnswerRequest,
): Promise<Run> {
  const journal = await RunJournal.open(deps, identity.principal, identity.tenantId, runId);
  const proposer = await proposerOf(deps, journal.run);
  const secret = journal.run.waitingFor && askedSecret(journal.run.waitingFor);
  const kept = secret && [await keepGiven(deps, journal.run, secret, request.answer)];
  const decide = (run: Run): LogEvent[] => {
    const asked = run.waitingFor;
    if (asked?.requestId !== request.requestId) {
      if (!may(identity, 'commits.approve')) assertMay(identity, 'runs.start');
      throw new AppError(
        'conflict',
        `the run does not wait for "${request.requestId}"; GET the run to see what it waits for`,
      );
    }
    if (deps.clock.nowMs() > Date.parse(asked.expiresAt))
      throw new AppError('conflict', `the question expired at ${asked.expiresAt}`);
    const choices = ALLOWED[asked.kind] ?? asked.choices;
    if (choices && !choices.includes(request.answer))
      throw new AppError(
        'invalid_request',
        `answer: one of ${choices.join(', ')}, not "${request.answer.slice(0, 100)}"`,
      );
    assertMayAnswer(identity, asked, request.answer, proposer);
    if (request.commitDigest !== undefined && request.commitDigest !== asked.commitDigest)
      throw new AppError(
        'conflict',
        'commitDigest: what would be committed is no longer what you saw; GET the run and look again',
      );
    return [
      {
        type: 'human.answered',
        requestId: asked.requestId,
        kind: asked.kind,
        answer: asked.kind === 'secret' ? 'given' : request.answer,
        ...(asked.stepId !== undefined && { stepId: asked.stepId }),
      },
    ];
  };
  return journal.append(decide, () => kept ?? []);
}

/** Nothing is begun from here on; what is under way is finished. Pausing twice changes nothing. Errors: `conflict` when it has ended. */
export async function pauseRun(
  deps: JournalDeps,
  actor: string,
  tenantId: string,
  runId: string,
  reason: string,
): Promise<Run> {
  const journal = await RunJournal.open(deps, actor, tenantId, runId);
  return journal.append((run) => {
    assertNotEnded(run);
    return run.paused ? [] : [{ type: 'run.paused', reason }];
  });
}

/** Lets a paused run go on. Errors: `conflict` when it is not paused. */
export async function resumeRun(
  deps: JournalDeps,
  actor: string,
  tenantId: string,
  runId: string,
): Promise<Run> {
  const journal = await RunJournal.open(deps, actor, tenantId, runId);
  return journal.append((run) => {
    assertNotEnded(run);
    if (!run.paused)
      throw new AppError('conflict', `run ${runId} is not paused; it is ${run.status}`);
    return [{ type: 'run.resumed' }];
  });
}

function assertNotEnded(run: Run): void {
  if (run.endedAt !== undefined)
    throw new AppError('conflict', `run ${run.runId} has ended as ${run.status}`);
}

export async function cancelRun(
  deps: JournalDeps,
  actor: string,
  tenantId: string,
  runId: string,
  reason: string,
): Promise<Run> {
  const journal = await RunJournal.open(deps, actor, tenantId, runId);
  return journal.append((run) => {
    assertNotEnded(run);
    return run.cancelRequested ? [] : [{ type: 'run.cancel-requested', reason }];
  });
}
