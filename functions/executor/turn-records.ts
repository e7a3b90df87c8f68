import type { Action } from '../../shared/contracts/action.ts';
import type { LogEventOf } from '../../shared/contracts/log-entry.ts';
import type { Observation } from '../../shared/contracts/observation.ts';
import { observationPath, turnPath } from '../../shared/contracts/paths.ts';
import { Turn, type StoredObservation } from '../../shared/contracts/plan.ts';
import type { Run } from '../../shared/contracts/run.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { digestOfJson } from '../../shared/core/digest.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import type { StateStore, Write } from '../../shared/state/state-store.ts';

/** Opens the next turn on what was just seen: entry, observation and turn in one batch. Gives its number. */
export async function openTurn(
  deps: { journal: RunJournal; clock: Clock; leaseEpoch: number },
  seen: Observation,
  told: Pick<LogEventOf<'turn.opened'>, 'unchanged' | 'toldOfRepetition'> & {
    readonly notices: readonly string[];
  },
  picture?: string,
): Promise<number> {
  const { digest, url, title, ms, kind, text, documentId } = seen;
  const run = await deps.journal.append(
    ({ planEpoch }) => [
      {
        type: 'turn.opened',
        leaseEpoch: deps.leaseEpoch,
        planEpoch: planEpoch + 1,
        observation: { digest, url, title, chars: text.length, ms },
        ...told,
        notices: [...told.notices],
      },
    ],
    ({ tenantId, runId, planEpoch: before }) => {
      const number = before + 1;
      const takenAt = deps.clock.iso();
      const observation: StoredObservation = {
        schemaVersion: 1,
        number,
        kind,
        text,
        url,
        title,
        documentId,
        ...(picture !== undefined && { picture }),
        takenAt,
      };
      const turn = Turn.parse({
        schemaVersion: 1,
        planEpoch: number,
        status: 'requested',
        observation: number,
        notices: told.notices,
      });
      return [
        { op: 'create', path: observationPath(tenantId, runId, number), data: observation },
        { op: 'create', path: turnPath(tenantId, runId, number), data: turn },
      ];
    },
  );
  return run.planEpoch;
}

type CloseReason = LogEventOf<'turn.closed'>['reason'];

/** Closes the open turn; from then on every write of its planner fails. */
export async function closeTurn(
  deps: { journal: RunJournal; store: StateStore; leaseEpoch: number },
  why: { reason: CloseReason; detail: string; done: number },
): Promise<void> {
  const { journal, store, leaseEpoch } = deps;
  const { tenantId, runId, planEpoch } = journal.run;
  for (;;) {
    const { turn, write } = await closingWrite(store, { tenantId, runId, planEpoch });
    const { items, usage, modelCalls, ms, parts } = turn;
    try {
      await journal.append(
        () => [
          {
            type: 'turn.closed',
            leaseEpoch,
            planEpoch,
            reason: why.reason,
            detail: why.detail.slice(0, 4_000),
            items,
            done: why.done,
            usage,
            modelCalls,
            ms,
            ...(parts.length > 0 && { proposal: digestOfJson(parts) }),
          },
        ],
        () => [write],
      );
      return;
    } catch (error) {
      // The planner wrote in between: read its turn again, then close it.
      if (!AppError.is(error, 'conflict') || error.details?.['path'] !== write.path) throw error;
    }
  }
}

async function closingWrite(
  store: StateStore,
  { tenantId, runId, planEpoch }: Pick<Run, 'tenantId' | 'runId' | 'planEpoch'>,
): Promise<{ turn: Turn; write: Write }> {
  const path = turnPath(tenantId, runId, planEpoch);
  const document = await store.get(path);
  if (!document) throw new AppError('store_corrupt', `${path} is missing`);
  const turn = Turn.parse(document.data);
  return {
    turn,
    write: { op: 'update', path, data: { ...turn, status: 'closed' }, ifVersion: document.version },
  };
}

/** The step is not done, and why. */
export async function refuseStep(
  { journal, leaseEpoch }: { journal: RunJournal; leaseEpoch: number },
  stepId: string,
  error: AppError,
  action?: Action,
): Promise<void> {
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
