import { runPath, runsPath, seatsPath } from '../contracts/paths.ts';
import type { Run } from '../contracts/run.ts';
import { Seats } from '../contracts/usage.ts';
import { AppError } from '../core/errors.ts';
import { isFinal } from '../runs/run-machine.ts';
import type { StateStore, StoredDocument, Write } from '../state/state-store.ts';
import { tenantSettings } from './tenant-settings.ts';

type Who = Pick<Run, 'tenantId' | 'runId'>;

const ATTEMPTS = 8;

/** Somebody works on it, or should again: the place of its executor is kept. */
const isSeated = (run: Run | undefined): boolean =>
  run !== undefined && !isFinal(run) && run.needsOwner && run.leaseEpoch > 0;

/**
 * The write that gives a run one of its tenant's places (`quotas.concurrentRuns`), for the batch that takes its lease: places are counted where
 * they are taken, so no two executors can give away the last one. None where there is no such quota; undefined when all are taken.
 */
export async function takeSeat(
  store: StateStore,
  { tenantId, runId }: Who,
): Promise<readonly Write[] | undefined> {
  const { quotas } = await tenantSettings(store, tenantId);
  const limit = quotas.concurrentRuns;
  if (limit === undefined) return [];
  const path = seatsPath(tenantId);
  const document = await store.get(path);
  const known = document ? Seats.parse(document.data).runs : await startedRuns(store, tenantId);
  let others = known.filter((each) => each !== runId);
  // Whoever died between the end of a run and giving its place back left it taken.
  if (others.length >= limit) others = await stillSeated(store, tenantId, others);
  if (others.length >= limit && !known.includes(runId)) return undefined;
  const data: Seats = { schemaVersion: 1, tenantId, runs: [...others, runId] };
  return [
    document
      ? { op: 'update', path, data, ifVersion: document.version }
      : { op: 'create', path, data },
  ];
}

/** Gives the place of a run back that has ended, or waits for somebody. One that is to be taken up again keeps it. */
export async function leaveSeat(store: StateStore, who: Who): Promise<void> {
  const { tenantId, runId } = who;
  const path = seatsPath(tenantId);
  for (let attempt = 1; ; attempt += 1) {
    const document: StoredDocument | undefined = await store.get(path);
    const runs = document ? Seats.parse(document.data).runs : [];
    if (!document || !runs.includes(runId)) return;
    const run = await store.get<Run>(runPath(tenantId, runId));
    if (isSeated(run?.data)) return;
    const data: Seats = {
      schemaVersion: 1,
      tenantId,
      runs: runs.filter((each) => each !== runId),
    };
    try {
      await store.commit([{ op: 'update', path, data, ifVersion: document.version }], 'process');
      return;
    } catch (error) {
      if (!AppError.is(error, 'conflict') || attempt >= ATTEMPTS) throw error;
    }
  }
}

async function stillSeated(
  store: StateStore,
  tenantId: string,
  runs: readonly string[],
): Promise<string[]> {
  const found = await Promise.all(
    runs.map(async (runId) => store.get<Run>(runPath(tenantId, runId))),
  );
  return runs.filter((_runId, index) => isSeated(found[index]?.data));
}

/** Before anybody counted: a quota that was set while runs were under way. */
async function startedRuns(store: StateStore, tenantId: string): Promise<string[]> {
  const found = await store.query<Run>({
    collection: runsPath(tenantId),
    where: [{ field: 'status', op: 'in', value: ['planning', 'acting'] }],
    limit: 1_000,
  });
  return found.filter(({ data }) => isSeated(data)).map(({ data }) => data.runId);
}
