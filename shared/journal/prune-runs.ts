import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import { appendTenantEvent, type TenantLogDeps } from '../audit/tenant-log.ts';
import {
  logPath,
  pruningPath,
  runKeyPath,
  runPath,
  runsPath,
  storageUsePath,
  treeCursorPath,
  treePath,
} from '../contracts/paths.ts';
import type { Run } from '../contracts/run.ts';
import type { StorageUse } from '../contracts/usage.ts';
import { AppError } from '../core/errors.ts';
import type { StoredDocument, Write } from '../state/state-store.ts';
import { removeAll, removeContent } from './erase-run.ts';

export interface PruneDeps extends TenantLogDeps {
  readonly artifacts: Pick<ArtifactStore, 'list' | 'removeRun'>;
}

const PAGE = 400;

/**
 * Removes runs that ended before `before` (ISO 8601) with their logs, once the archive holds every entry of them; each is an entry of
 * the tenant's log, which the next checkpoint signs. First goes on with what an earlier call did not finish. What the archive holds stays
 * there until its own retention ends. Gives at most `most` runs. Errors: `conflict` when the log is not signed and exported.
 */
export async function pruneRuns(
  deps: PruneDeps,
  actor: string,
  tenantId: string,
  before: string,
  most = Infinity,
): Promise<string[]> {
  await finishPruning(deps, tenantId);
  if (!(await isExported(deps, tenantId)))
    throw new AppError(
      'conflict',
      'nothing may be pruned before it is signed and exported: run `rodex audit export` first',
    );
  const pruned: string[] = [];
  for (let startAfter: string | undefined; ;) {
    const page = await deps.store.query<Run>({
      collection: runsPath(tenantId),
      where: [{ field: 'endedAt', op: '<', value: before }],
      orderBy: { field: 'endedAt', direction: 'asc' },
      limit: PAGE,
      ...(startAfter !== undefined && { startAfter }),
    });
    for (const run of page) {
      if (pruned.length >= most) return pruned;
      if (await prune(deps, actor, tenantId, run)) pruned.push(run.data.runId);
    }
    startAfter = page.at(-1)?.path;
    if (page.length < PAGE) return pruned;
  }
}

/** Removes what is left of runs whose removal was cut short. */
async function finishPruning(deps: PruneDeps, tenantId: string): Promise<void> {
  const collection = pruningPath(tenantId);
  const begun = await deps.store.query({ collection });
  for (const { path } of begun) await removeRest(deps, tenantId, path.slice(collection.length + 1));
}

async function removeRest(deps: PruneDeps, tenantId: string, runId: string): Promise<void> {
  await removeContent(deps, tenantId, runId);
  await removeAll(deps.store, logPath(tenantId, runId));
  await deps.store.commit([{ op: 'delete', path: `${pruningPath(tenantId)}/${runId}` }]);
}

async function prune(
  deps: PruneDeps,
  actor: string,
  tenantId: string,
  { data: run, version }: StoredDocument<Run>,
): Promise<boolean> {
  const { store } = deps;
  const { runId, seq, headHash, endedAt } = run;
  const cursor = await store.get<{ seq: number }>(treeCursorPath(tenantId, runId));
  // In this order: an entry that the cursor has passed is in the tree, and the tree that is exported then is in the archive.
  const signed = cursor?.data.seq === seq && (await isExported(deps, tenantId));
  if (endedAt === undefined || !signed) return false;
  const event = { type: 'pruned' as const, runId, entries: seq + 1, headHash, endedAt };
  const log = await store.query({ collection: logPath(tenantId, runId), limit: PAGE });
  const mark = { schemaVersion: 1, at: deps.clock.iso() };
  try {
    // In one batch with the log, as far as a batch goes: a log without its run would look like damage after a crash.
    await appendTenantEvent(deps, tenantId, actor, event, [
      { op: 'delete', path: runPath(tenantId, runId), ifVersion: version },
      { op: 'delete', path: runKeyPath(tenantId, runId) },
      { op: 'create', path: `${pruningPath(tenantId)}/${runId}`, data: mark },
      ...(await storageFreed(deps, tenantId, { runId, endedAt })),
      ...log.map(({ path }): Write => ({ op: 'delete', path })),
    ]);
  } catch (error) {
    // Somebody else prunes it, or counts what is stored: the next time.
    if (AppError.is(error, 'conflict')) return false;
    throw error;
  }
  await removeRest(deps, tenantId, runId);
  return true;
}

async function isExported({ store }: PruneDeps, tenantId: string): Promise<boolean> {
  const tree = await store.get<{ size: number; exported: number }>(treePath(tenantId));
  return tree !== undefined && tree.data.exported === tree.data.size;
}

/** What the run's artifacts add to the tenant's storage, taken off it. */
async function storageFreed(
  { store, artifacts }: PruneDeps,
  tenantId: string,
  { runId, endedAt }: { readonly runId: string; readonly endedAt: string },
): Promise<Write[]> {
  const path = storageUsePath(tenantId);
  const use = await store.get<StorageUse>(path);
  if (!use) return [];
  const { countedTo, countedAt, bytes } = use.data;
  if (endedAt > countedTo || (endedAt === countedTo && !countedAt.includes(runId))) return [];
  const all = await artifacts.list(tenantId, runId);
  const freed = all.reduce((sum, artifact) => sum + artifact.bytes, 0);
  if (freed === 0) return [];
  const data = { ...use.data, bytes: Math.max(0, bytes - freed) };
  return [{ op: 'update', path, data, ifVersion: use.version }];
}
