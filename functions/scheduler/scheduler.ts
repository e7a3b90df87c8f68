import type { Request, Response } from 'express';

import type { MessageBus } from '../../shared/bus/message-bus.ts';
import type { Turn } from '../../shared/contracts/plan.ts';
import { turnPath } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Logger } from '../../shared/core/logger.ts';
import { RunJournal } from '../../shared/journal/run-journal.ts';
import { endRun } from '../../shared/runs/end-run.ts';
import type { StateStore, StoredDocument } from '../../shared/state/state-store.ts';

export interface SchedulerDeps {
  readonly store: StateStore;
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Swept {
  readonly woken: number;
  readonly asked: number;
  readonly expired: number;
}

/** Waking a run that is well costs nothing, so what counts is only that no run that needs it is left out. */
const STALE_MS = 30_000;

/** The backstop behind every lost message: wakes runs that stand still, asks again for plans nobody took, ends what waited too long. */
export async function sweep(deps: SchedulerDeps): Promise<Swept> {
  const { store, log } = deps;
  const swept = { woken: 0, asked: 0, expired: 0 };
  const open = await store.query<Run>({
    collection: 'runs',
    group: true,
    where: [
      { field: 'status', op: 'in', value: ['queued', 'planning', 'acting', 'waiting_human'] },
    ],
  });
  for (const document of open)
    await sweepRun(deps, document, swept).catch((error: unknown) => {
      // One run that cannot be helped must not keep the others from being.
      const { code, message } = AppError.from(error);
      log.error('a run could not be swept', { path: document.path, code, error: message });
    });
  return swept;
}

async function sweepRun(
  deps: SchedulerDeps,
  { data: run, ageMs }: StoredDocument<Run>,
  swept: { woken: number; asked: number; expired: number },
): Promise<void> {
  const { store, bus, clock } = deps;
  const base = { schemaVersion: 1 as const, tenantId: run.tenantId, runId: run.runId };
  if (run.status === 'waiting_human' && !run.cancelRequested) {
    if (!run.waitingFor || Date.parse(run.waitingFor.expiresAt) > clock.nowMs()) return;
    await expire(deps, run);
    swept.expired += 1;
    return;
  }
  if (ageMs < STALE_MS) return;
  await bus.publish({ type: 'run.ready', ...base });
  swept.woken += 1;
  const turn = run.turnOpen
    ? await store.get<Turn>(turnPath(run.tenantId, run.runId, run.planEpoch))
    : undefined;
  if (turn?.data.status !== 'requested') return;
  await bus.publish({ type: 'plan.requested', ...base, planEpoch: run.planEpoch });
  swept.asked += 1;
}

async function expire(deps: SchedulerDeps, { tenantId, runId }: Run): Promise<void> {
  const journal = await RunJournal.open(deps, 'scheduler', tenantId, runId);
  const error = new AppError(
    'run_expired',
    'nobody answered in time; start the run again, or give contract.waitMs more time',
  ).toInfo();
  await journal.append((run) =>
    run.waitingFor && Date.parse(run.waitingFor.expiresAt) <= deps.clock.nowMs()
      ? [
          { type: 'human.expired', requestId: run.waitingFor.requestId },
          ...endRun(run, { type: 'run.ended', status: 'expired', error }),
        ]
      : [],
  );
}

/** The HTTP function `scheduler`, called once a minute. */
export function createSchedulerFunction(deps: SchedulerDeps) {
  return async (_request: Request, response: Response): Promise<void> => {
    const swept = await sweep(deps);
    deps.log.debug('swept', { ...swept });
    response.json(swept);
  };
}
