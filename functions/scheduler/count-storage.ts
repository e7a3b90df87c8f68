import type { ArtifactStore } from '../../shared/artifacts/artifact-store.ts';
import { storageUsePath } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { StorageUse } from '../../shared/contracts/usage.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { StateStore } from '../../shared/state/state-store.ts';

interface CountDeps {
  readonly store: StateStore;
  readonly artifacts: Pick<ArtifactStore, 'list'>;
  readonly clock: Clock;
}

const EPOCH = '1970-01-01T00:00:00.000Z';
const PAGE = 200;

/** Adds the artifacts of runs that have ended to what their tenants store, each run once; gives how many were counted. */
export async function countStorage(deps: CountDeps): Promise<number> {
  let counted = 0;
  const tenants = await deps.store.query({ collection: 'tenants' });
  for (const { path } of tenants) counted += await countTenant(deps, path.slice('tenants/'.length));
  return counted;
}

async function countTenant(deps: CountDeps, tenantId: string): Promise<number> {
  const { store, artifacts } = deps;
  const path = storageUsePath(tenantId);
  const before = await store.get(path);
  const use = StorageUse.parse(
    before?.data ?? { schemaVersion: 1, tenantId, bytes: 0, countedTo: EPOCH },
  );
  const ended = await store.query<Run>({
    collection: `tenants/${tenantId}/runs`,
    where: [{ field: 'endedAt', op: '>=', value: use.countedTo }],
    orderBy: { field: 'endedAt', direction: 'asc' },
    limit: PAGE,
  });
  const fresh = ended.map(({ data }) => data).filter(({ runId }) => !use.countedAt.includes(runId));
  const last = fresh.at(-1)?.endedAt;
  if (last === undefined) return 0;
  let { bytes } = use;
  for (const { runId } of fresh)
    for (const artifact of await artifacts.list(tenantId, runId)) bytes += artifact.bytes;
  const atLast = fresh.filter(({ endedAt }) => endedAt === last).map(({ runId }) => runId);
  const countedAt = last === use.countedTo ? [...use.countedAt, ...atLast] : atLast;
  const data: StorageUse = { schemaVersion: 1, tenantId, bytes, countedTo: last, countedAt };
  try {
    await store.commit([
      before
        ? { op: 'update', path, data, ifVersion: before.version }
        : { op: 'create', path, data },
    ]);
  } catch (error) {
    // Another tick counted the same runs.
    if (!AppError.is(error, 'conflict')) throw error;
    return 0;
  }
  return fresh.length;
}
