import {
  logEntryPath,
  logPath,
  runsPath,
  tenantLogEntryPath,
  tenantLogPath,
} from '../contracts/paths.ts';
import type { Run } from '../contracts/run.ts';
import { TENANT_LOG, type StoredLogEntry } from '../contracts/stored-log-entry.ts';
import type { StateStore } from '../state/state-store.ts';
import { tenantLogHead } from './tenant-log.ts';

const PAGE = 200;
/** Clocks of the writers may differ by this much from the one here. */
const OVERLAP_MS = 15 * 60_000;

/** Logs that may have grown, and their heads. */
export async function* changedLogs(
  store: StateStore,
  tenantId: string,
  since: string | undefined,
): AsyncGenerator<{ runId: string; seq: number }> {
  const own = await tenantLogHead(store, tenantId);
  if (own) yield { runId: TENANT_LOG, seq: own.seq };
  const from =
    since === undefined || since === ''
      ? undefined
      : new Date(Date.parse(since) - OVERLAP_MS).toISOString();
  let startAfter: string | undefined;
  for (;;) {
    const page = await store.query<Run>({
      collection: runsPath(tenantId),
      ...(from !== undefined && { where: [{ field: 'updatedAt', op: '>=', value: from }] }),
      orderBy: { field: 'updatedAt', direction: 'asc' },
      limit: PAGE,
      ...(startAfter !== undefined && { startAfter }),
    });
    for (const { data } of page) yield { runId: data.runId, seq: data.seq };
    startAfter = page.at(-1)?.path;
    if (page.length < PAGE) return;
  }
}

/** Entries `from` and on, as they are stored, in order. */
export async function readStored(
  store: StateStore,
  tenantId: string,
  runId: string,
  from: number,
  limit: number,
): Promise<StoredLogEntry[]> {
  const own = runId === TENANT_LOG;
  const before = from - 1;
  const page = await store.query<StoredLogEntry>({
    collection: own ? tenantLogPath(tenantId) : logPath(tenantId, runId),
    limit,
    ...(before >= 0 && {
      startAfter: own
        ? tenantLogEntryPath(tenantId, before)
        : logEntryPath(tenantId, runId, before),
    }),
  });
  return page.map(({ data }) => data);
}
