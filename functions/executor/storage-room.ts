import { storageUsePath } from '../../shared/contracts/paths.ts';
import type { StorageUse } from '../../shared/contracts/usage.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { StateStore } from '../../shared/state/state-store.ts';
import { tenantSettings } from '../../shared/tenants/tenant-settings.ts';

/**
 * Bytes that a run may still store under its tenant's quota, beside what it stored; Infinity where there is none. Runs that are under
 * way count when they have ended, so several at once may together pass the quota by what they store meanwhile. Errors: `quota_exceeded`.
 */
export async function storageRoom(
  store: StateStore,
  tenantId: string,
  ownBytes: number,
): Promise<number> {
  const { quotas } = await tenantSettings(store, tenantId);
  const limit = quotas.storageBytes;
  if (limit === undefined) return Infinity;
  const use = await store.get<StorageUse>(storageUsePath(tenantId));
  const left = limit - (use?.data.bytes ?? 0) - ownBytes;
  if (left > 0) return left;
  throw storageFull(limit);
}

export function storageFull(limit?: number): AppError {
  return new AppError(
    'quota_exceeded',
    `the tenant's ${limit === undefined ? '' : `${limit} bytes of `}storage are used; erase or prune old runs, or ask for a larger quota`,
  );
}
