import type { AuditArchive } from '../../shared/audit/audit-archive.ts';
import { makeCheckpoint } from '../../shared/audit/checkpointer.ts';
import type { CheckpointSigner } from '../../shared/audit/checkpoint-signer.ts';
import { pruningPath, runsPath } from '../../shared/contracts/paths.ts';
import { Tenant } from '../../shared/contracts/tenant.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Logger } from '../../shared/core/logger.ts';
import { pruneRuns, type PruneDeps } from '../../shared/journal/prune-runs.ts';

export interface PruneDueDeps extends PruneDeps {
  /** Absent: nothing is ever removed, since nothing is kept elsewhere. */
  readonly archive?: AuditArchive;
  readonly signer?: CheckpointSigner;
  readonly log: Logger;
}

const DAY_MS = 86_400_000;
/** Runs of a tenant in one tick: the next one goes on. */
const MOST = 50;

/** Removes runs whose tenant says for how many days they are kept, and which have ended longer ago; gives how many. */
export async function pruneDue(deps: PruneDueDeps): Promise<number> {
  const { store, log } = deps;
  let pruned = 0;
  for (const { data } of await store.query({ collection: 'tenants' })) {
    const tenant = Tenant.safeParse(data);
    if (!tenant.success || tenant.data.retentionDays === undefined) continue;
    const { tenantId, retentionDays } = tenant.data;
    try {
      pruned += await pruneTenant(deps, tenantId, retentionDays);
    } catch (error) {
      const { code, message } = AppError.from(error);
      // Another scheduler was quicker, or signs just now.
      if (code !== 'conflict')
        log.error('runs whose time is up were not removed', { tenantId, code, error: message });
    }
  }
  return pruned;
}

async function pruneTenant(
  deps: PruneDueDeps,
  tenantId: string,
  retentionDays: number,
): Promise<number> {
  const { store, archive, signer, clock, log } = deps;
  if (!archive || !signer) return 0;
  const before = new Date(clock.nowMs() - retentionDays * DAY_MS).toISOString();
  const [due, begun] = await Promise.all([
    store.query({
      collection: runsPath(tenantId),
      where: [{ field: 'endedAt', op: '<', value: before }],
      orderBy: { field: 'endedAt', direction: 'asc' },
      limit: 1,
    }),
    store.query({ collection: pruningPath(tenantId), limit: 1 }),
  ]);
  if (due.length === 0 && begun.length === 0) return 0;
  const audit = { store, archive, signer, clock, log };
  await makeCheckpoint(audit, tenantId);
  const pruned = await pruneRuns(deps, 'scheduler', tenantId, before, MOST);
  // That they were removed is signed and exported at once.
  await makeCheckpoint(audit, tenantId);
  return pruned.length;
}
