import { logEntryPath, runPath, tenantLogEntryPath, tenantLogPath } from '../contracts/paths.ts';
import { TENANT_LOG, type StoredLogEntry } from '../contracts/stored-log-entry.ts';
import type { StateStore } from '../state/state-store.ts';
import type { AuditArchive } from './audit-archive.ts';
import { readListing } from './export-format.ts';
import { verifyChain } from './log-chain.ts';
import type { LogPlace } from './read-export.ts';
import type { NoteKey } from './signed-note.ts';
import { verifyExport, type ExportVerdict } from './verify-export.ts';
import { verifyTenantLogs, type RunLogVerdict } from './verify-run-log.ts';

export interface TenantVerdict {
  readonly verified: boolean;
  readonly runs: readonly { readonly runId: string; readonly verdict: RunLogVerdict }[];
  /** The tenant's own log; absent when nothing is in it. */
  readonly tenantLog?: RunLogVerdict;
  /** Absent as long as nothing was exported. */
  readonly export?: ExportVerdict;
  /** Logs whose stored entries are not those that were signed. */
  readonly differing: readonly {
    readonly runId: string;
    readonly seq: number;
    readonly message: string;
  }[];
}

/** Verifies all that is stored of a tenant, all that was exported, and that the two are the same history. */
export async function verifyTenant(
  deps: {
    store: StateStore;
    archive: AuditArchive;
    key: NoteKey;
    earlierKeys?: readonly NoteKey[];
  },
  tenantId: string,
  since?: string,
): Promise<TenantVerdict> {
  const { store, archive, key, earlierKeys } = deps;
  const runs = [];
  for await (const verdict of verifyTenantLogs(store, tenantId)) runs.push(verdict);
  const own = await verifyOwnLog(store, tenantId);
  const good = runs.every(({ verdict }) => verdict.ok) && own?.ok !== false;
  const stored = { runs, ...(own && { tenantLog: own }) };
  if (readListing(await archive.list(`${tenantId}/`)).checkpoints.length === 0)
    return { verified: good, ...stored, differing: [] };
  let logs: ReadonlyMap<string, LogPlace> = new Map();
  const exported = await verifyExport(archive, {
    tenantId,
    key,
    ...(earlierKeys && { earlierKeys }),
    ...(since !== undefined && { since }),
    onSegment: (prefix) => {
      logs = prefix.logs;
    },
  });
  const differing = exported.ok ? await compare(store, tenantId, logs) : [];
  return {
    verified: good && exported.ok && differing.length === 0,
    ...stored,
    export: exported,
    differing,
  };
}

/** A tenant's own log; undefined when there is none. It has no head of its own: only the tree tells whether its end was cut off. */
async function verifyOwnLog(
  store: StateStore,
  tenantId: string,
): Promise<RunLogVerdict | undefined> {
  const entries = async function* (): AsyncGenerator {
    for (let startAfter: string | undefined; ;) {
      const page = await store.query({
        collection: tenantLogPath(tenantId),
        limit: 500,
        ...(startAfter !== undefined && { startAfter }),
      });
      for (const { data } of page) yield data;
      startAfter = page.at(-1)?.path;
      if (page.length < 500) return;
    }
  };
  const verdict = await verifyChain(entries(), { tenantId, runId: TENANT_LOG });
  return verdict.ok && verdict.entries === 0 ? undefined : verdict;
}

async function compare(
  store: StateStore,
  tenantId: string,
  logs: ReadonlyMap<string, LogPlace>,
): Promise<{ runId: string; seq: number; message: string }[]> {
  const found: { runId: string; seq: number; message: string }[] = [];
  const pruned = await prunedRuns(store, tenantId);
  for (const [runId, { seq, hash }] of logs) {
    if (pruned.has(runId)) continue;
    const path =
      runId === TENANT_LOG ? tenantLogEntryPath(tenantId, seq) : logEntryPath(tenantId, runId, seq);
    const stored = await store.get<StoredLogEntry>(path);
    if (stored?.data.hash === hash) continue;
    const gone = !stored && !(await store.get(runPath(tenantId, runId)));
    const message = gone
      ? 'the run was signed and exported, and is gone from the store without having been pruned'
      : `the stored entry is not the one that was signed`;
    found.push({ runId, seq, message });
  }
  return found;
}

async function prunedRuns(store: StateStore, tenantId: string): Promise<ReadonlySet<string>> {
  const documents = await store.query<StoredLogEntry>({
    collection: tenantLogPath(tenantId),
    where: [{ field: 'type', op: '==', value: 'pruned' }],
  });
  return new Set(
    documents.flatMap(({ data: { event } }) => (event?.type === 'pruned' ? [event.runId] : [])),
  );
}
