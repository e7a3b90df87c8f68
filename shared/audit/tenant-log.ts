import { tenantLogEntryPath, tenantLogPath } from '../contracts/paths.ts';
import { TENANT_LOG, type StoredLogEntry } from '../contracts/stored-log-entry.ts';
import type { TenantEvent } from '../contracts/tenant-event.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { StateStore, Write } from '../state/state-store.ts';
import { GENESIS_HASH, sealEntry } from './seal-entry.ts';

export interface TenantLogDeps {
  readonly store: StateStore;
  readonly clock: Clock;
}

const MAX_REBASES = 12;

/** The last entry of a tenant's own log. */
export async function tenantLogHead(
  store: StateStore,
  tenantId: string,
): Promise<StoredLogEntry | undefined> {
  const [last] = await store.query<StoredLogEntry>({
    collection: tenantLogPath(tenantId),
    orderBy: { field: 'seq', direction: 'desc' },
    limit: 1,
  });
  return last?.data;
}

/** Appends to a tenant's own log, with `extra` in the same batch. A conflict on an extra write is the caller's. */
export async function appendTenantEvent(
  { store, clock }: TenantLogDeps,
  tenantId: string,
  actor: string,
  event: TenantEvent,
  extra: readonly Write[] = [],
): Promise<StoredLogEntry> {
  for (let attempt = 0; ; attempt += 1) {
    const last = await tenantLogHead(store, tenantId);
    const seq = last ? last.seq + 1 : 0;
    const prevHash = last?.hash ?? GENESIS_HASH;
    const who = { tenantId, runId: TENANT_LOG, seq, at: clock.iso(), actor, prevHash };
    const entry = sealEntry(who, { event });
    const path = tenantLogEntryPath(tenantId, seq);
    try {
      await store.commit([{ op: 'create', path, data: entry }, ...extra]);
      return entry;
    } catch (error) {
      const mine = AppError.is(error, 'conflict') && error.details?.['path'] === path;
      if (!mine || attempt >= MAX_REBASES) throw error;
    }
  }
}
