import type { Request, Response } from 'express';

import type { MessageBus } from '../../shared/bus/message-bus.ts';
import type { Turn } from '../../shared/contracts/plan.ts';
import { turnPath } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Logger } from '../../shared/core/logger.ts';
import { RunJournal } from '../../shared/journal/run-journal.ts';
import type { StateStore } from '../../shared/state/state-store.ts';

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
  const { store, bus, clock } = deps;
  const swept = { woken: 0, asked: 0, expired: 0 };
  const open = await store.query<Run>({
    collection: 'runs',
    group: true,
    where: [
      { field: 'status', op: 'in', value: ['queued', 'planning', 'acting', 'waiting_human'] },
    ],
  });
  for (const { data: run, ageMs } of open) {
    const base = { schemaVersion: 1 as const, tenantId: run.tenantId, runId: run.runId };
    if (run.status === 'waiting_human' && !run.cancelRequested) {
      if (run.waitingFor && Date.parse(run.waitingFor.expiresAt) <= clock.nowMs()) {
        await expire(deps, run);
        swept.expired += 1;
      }
      continue;
    }
    if (ageMs < STALE_MS) continue;
    await bus.publish({ type: 'run.ready', ...base });
    swept.woken += 1;
    const turn = run.turnOpen
      ? await store.get<Turn>(turnPath(run.tenantId, run.runId, run.planEpoch))
      : undefined;
    if (turn?.data.status === 'requested') {
      await bus.publish({ type: 'plan.requested', ...base, planEpoch: run.planEpoch });
      swept.asked += 1;
    }
  }
  return swept;
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
          { type: 'run.ended', status: 'expired', error },
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
