import type { AnswerRequest } from '../../shared/contracts/problem.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import { RunJournal, type JournalDeps } from '../../shared/journal/run-journal.ts';

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  approval: ['approve', 'deny'],
  uncertain: ['acted', 'not-acted'],
};

/** Records a person's answer; used at most once. Errors: `conflict` when nobody asks this (any more), `invalid_request` for an answer that is none of the choices. */
export async function answerRun(
  deps: JournalDeps,
  actor: string,
  tenantId: string,
  runId: string,
  request: AnswerRequest,
): Promise<Run> {
  const journal = await RunJournal.open(deps, actor, tenantId, runId);
  return journal.append((run) => {
    const asked = run.waitingFor;
    if (asked?.requestId !== request.requestId)
      throw new AppError(
        'conflict',
        `the run does not wait for "${request.requestId}"; GET the run to see what it waits for`,
      );
    const choices = ALLOWED[asked.kind] ?? asked.choices;
    if (choices && !choices.includes(request.answer))
      throw new AppError(
        'invalid_request',
        `answer: one of ${choices.join(', ')}, not "${request.answer.slice(0, 100)}"`,
      );
    return [
      {
        type: 'human.answered',
        requestId: asked.requestId,
        kind: asked.kind,
        answer: request.answer,
        ...(asked.stepId !== undefined && { stepId: asked.stepId }),
      },
    ];
  });
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
    if (run.endedAt !== undefined)
      throw new AppError('conflict', `run ${runId} has ended as ${run.status}`);
    return run.cancelRequested ? [] : [{ type: 'run.cancel-requested', reason }];
  });
}
