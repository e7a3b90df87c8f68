import type { RunVault } from '../audit/run-vault.ts';
import { openEntry } from '../audit/run-vault.ts';
import type { LogEntry } from '../contracts/log-entry.ts';
import { logEntryPath, logPath, tenantLogEntryPath, tenantLogPath } from '../contracts/paths.ts';
import { TENANT_LOG, type StoredLogEntry } from '../contracts/stored-log-entry.ts';
import type { StateStore } from '../state/state-store.ts';

export interface LogReaderDeps {
  readonly store: StateStore;
  readonly vault: RunVault;
}

const PAGE = 500;

/**
 * One page of a run's log (or of the tenant's own, `TENANT_LOG`), decrypted, in order, from after entry `after` (-1: from the first). Events of an erased run come as
 * `payload.erased`. Errors: `store_corrupt` when an entry does not decrypt.
 */
export async function readLogPage(
  { store, vault }: LogReaderDeps,
  tenantId: string,
  runId: string,
  { after = -1, limit = PAGE }: { after?: number; limit?: number } = {},
): Promise<LogEntry[]> {
  const own = runId === TENANT_LOG;
  const pathOf = (seq: number): string =>
    own ? tenantLogEntryPath(tenantId, seq) : logEntryPath(tenantId, runId, seq);
  const [early, page] = await Promise.all([
    vault.cipher(store, tenantId, runId),
    store.query<StoredLogEntry>({
      collection: own ? tenantLogPath(tenantId) : logPath(tenantId, runId),
      limit,
      ...(after >= 0 && { startAfter: pathOf(after) }),
    }),
  ]);
  // The run may have been created between the two reads.
  const cipher =
    early ?? (page.length > 0 ? await vault.cipher(store, tenantId, runId) : undefined);
  return page.map(({ data }) => openEntry(data, cipher));
}

/** A run's whole log, decrypted. */
export async function readRunLog(
  deps: LogReaderDeps,
  tenantId: string,
  runId: string,
): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (;;) {
    const page = await readLogPage(deps, tenantId, runId, { after: entries.length - 1 });
    entries.push(...page);
    if (page.length < PAGE) return entries;
  }
}
