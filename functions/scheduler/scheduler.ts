import type { Request, Response } from 'express';

import type { AuditArchive } from '../../shared/audit/audit-archive.ts';
import { makeCheckpoint } from '../../shared/audit/checkpointer.ts';
import { patrol } from '../../shared/audit/patrol.ts';
import type { CheckpointSigner } from '../../shared/audit/checkpoint-signer.ts';
import type { ArtifactStore } from '../../shared/artifacts/artifact-store.ts';
import type { RunVault } from '../../shared/audit/run-vault.ts';
import type { MessageBus } from '../../shared/bus/message-bus.ts';
import type { Turn } from '../../shared/contracts/plan.ts';
import { turnPath } from '../../shared/contracts/paths.ts';
import type { Run, RunStatus } from '../../shared/contracts/run.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Logger } from '../../shared/core/logger.ts';
import { RunJournal } from '../../shared/journal/run-journal.ts';
import { endRun } from '../../shared/runs/end-run.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import type { Telemetry } from '../../shared/telemetry/telemetry.ts';
import type { StateStore, StoredDocument } from '../../shared/state/state-store.ts';
import { startRun } from '../../shared/tenants/start-run.ts';
import { countStorage } from './count-storage.ts';
import { pruneDue } from './prune-due.ts';
import { startDue, type StartDueDeps, type StartedDue } from './start-due.ts';
import { forgetDeliveries, wakeTriggers } from './wake-triggers.ts';

export interface SchedulerDeps {
  readonly store: StateStore;
  readonly artifacts: Pick<ArtifactStore, 'list' | 'removeRun'>;
  readonly bus: MessageBus;
  readonly vault: RunVault;
  /** Absent: the log is chained, but not signed and exported. */
  readonly archive?: AuditArchive;
  readonly signer?: CheckpointSigner;
  readonly clock: Clock;
  readonly log: Logger;
  readonly telemetry?: Telemetry | undefined;
}

type SweepDeps = Omit<SchedulerDeps, 'artifacts'>;

export interface Swept {
  readonly woken: number;
  readonly asked: number;
  readonly expired: number;
  /** Size of the tree of each tenant whose log may have grown. */
  readonly signed: Readonly<Record<string, number>>;
}

/** Waking a run that is well costs nothing, so what counts is only that no run that needs it is left out. */
const STALE_MS = 30_000;

/** The backstop behind every lost message: wakes runs that stand still, asks again for plans nobody took, ends what waited too long. */
export async function sweep(deps: SweepDeps): Promise<Swept> {
  const { store, log } = deps;
  const swept = { woken: 0, asked: 0, expired: 0, signed: {} };
  const open = await store.query<Run>({
    collection: 'runs',
    group: true,
    where: [
      {
        field: 'status',
        op: 'in',
        value: ['queued', 'planning', 'acting', 'waiting_human', 'paused'],
      },
    ],
  });
  const byStatus: Partial<Record<RunStatus, number>> = {};
  for (const { data } of open) byStatus[data.status] = (byStatus[data.status] ?? 0) + 1;
  deps.telemetry?.openRuns(byStatus);
  for (const document of open)
    await sweepRun(deps, document, swept).catch((error: unknown) => {
      // One run that cannot be helped must not keep the others from being.
      const { code, message } = AppError.from(error);
      log.error('a run could not be swept', { path: document.path, code, error: message });
    });
  return { ...swept, signed: await signLogs(deps) };
}

/** Runs that changed within this time belong to tenants whose log may have grown. */
const RECENT_MS = 3_600_000;

/** A checkpoint for every tenant with a tree, or with runs that moved lately. */
async function signLogs(deps: SweepDeps): Promise<Record<string, number>> {
  const { store, archive, signer, clock, log } = deps;
  const signed: Record<string, number> = {};
  if (!archive || !signer) return signed;
  const [trees, runs] = await Promise.all([
    store.query({ collection: 'audit', group: true }),
    store.query<Run>({
      collection: 'runs',
      group: true,
      where: [
        {
          field: 'updatedAt',
          op: '>=',
          value: new Date(clock.nowMs() - RECENT_MS).toISOString(),
        },
      ],
      orderBy: { field: 'updatedAt', direction: 'desc' },
      limit: 500,
    }),
  ]);
  const tenants = new Set([
    ...trees.map(({ path }) => path.split('/')[1] ?? ''),
    ...runs.map(({ path }) => path.split('/')[1] ?? ''),
  ]);
  const audit = { store, archive, signer, clock, log };
  for (const tenantId of tenants)
    try {
      signed[tenantId] = await makeCheckpoint(audit, tenantId);
      await patrol(audit, tenantId);
    } catch (error) {
      const { code, message } = AppError.from(error);
      // Another scheduler was quicker.
      if (code !== 'conflict')
        log.error('the log was not signed or verified', { tenantId, code, error: message });
    }
  return signed;
}

async function sweepRun(
  deps: SweepDeps,
  { data: run, ageMs }: StoredDocument<Run>,
  swept: { woken: number; asked: number; expired: number },
): Promise<void> {
  const { store, bus, clock } = deps;
  const base = { schemaVersion: 1 as const, tenantId: run.tenantId, runId: run.runId };
  if (!run.needsOwner) {
    if (!isOver(run, clock.nowMs())) return;
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

async function expire(deps: SweepDeps, { tenantId, runId }: Run): Promise<void> {
  const journal = await RunJournal.open(deps, 'scheduler', tenantId, runId);
  await journal.append((run) => {
    if (isFinal(run) || run.needsOwner || !isOver(run, deps.clock.nowMs())) return [];
    const asked = run.waitingFor;
    const why = asked
      ? 'nobody answered in time; start the run again, or give contract.waitMs more time'
      : `the run was paused until its deadline, ${run.contract.deadline}`;
    const error = new AppError('run_expired', why).toInfo();
    return [
      ...(asked ? [{ type: 'human.expired' as const, requestId: asked.requestId }] : []),
      ...endRun(run, { type: 'run.ended', status: 'expired', error }),
    ];
  });
}

/** What the run waits for comes too late now. */
function isOver({ waitingFor, contract }: Run, nowMs: number): boolean {
  const ends = [waitingFor?.expiresAt, contract.deadline].filter((end) => end !== undefined);
  return ends.some((end) => Date.parse(end) <= nowMs);
}

export interface Ticked extends Swept, StartedDue {
  readonly counted: number;
  readonly told: number;
  readonly pruned: number;
}

/** One tick: what is due starts, what stands still is woken, what ended is counted, what is past its time removed. One part that fails does not keep the others from theirs. */
export async function tick(deps: SchedulerDeps): Promise<Ticked> {
  const start: StartDueDeps['start'] = async (who, request) => startRun(deps, who, request);
  const parts = await Promise.allSettled([
    startDue({ ...deps, start }),
    sweep(deps),
    countStorage(deps),
    wakeTriggers(deps),
    forgetDeliveries(deps),
  ]);
  // After the rest, which signs and counts what this takes away.
  const [pruned] = await Promise.allSettled([pruneDue(deps)]);
  const failed = [...parts, pruned].find((part) => part.status === 'rejected');
  const [due, swept, counted, told] = parts;
  if (
    failed ||
    due.status !== 'fulfilled' ||
    swept.status !== 'fulfilled' ||
    counted.status !== 'fulfilled' ||
    told.status !== 'fulfilled' ||
    pruned.status !== 'fulfilled'
  )
    throw AppError.from(failed?.reason);
  return {
    ...due.value,
    ...swept.value,
    counted: counted.value,
    told: told.value,
    pruned: pruned.value,
  };
}

/** The HTTP function `scheduler`, called once a minute. */
export function createSchedulerFunction(deps: SchedulerDeps) {
  return async (_request: Request, response: Response): Promise<void> => {
    const ticked = await tick(deps);
    deps.log.debug('ticked', { ...ticked });
    response.json(ticked);
  };
}
