import { z } from 'zod';

import { logEntryPath, logPath, runPath, runsPath } from '../contracts/paths.ts';
import { AppError } from '../core/errors.ts';
import type { StateStore, StoredDocument } from '../state/state-store.ts';
import type { ChainVerdict } from './log-chain.ts';
import { verifyChain } from './log-chain.ts';

export type RunLogVerdict =
  | ChainVerdict
  /** There are log entries, or somebody asked for the run, but the run's document is gone or unreadable. */
  | { readonly ok: false; readonly damage: 'no-run'; readonly message: string };

const PAGE = 500;
const ID = /^\d{9}$/;
const Head = z.looseObject({ seq: z.int().min(0), headHash: z.string() });

/**
 * Verifies the log of one run, page by page, against the head that its run document holds. Entries that a live run appends
 * meanwhile are left for the next time. Both could be rewritten together: only an earlier checkpoint tells (design: audit).
 */
export async function verifyRunLog(
  store: StateStore,
  tenantId: string,
  runId: string,
): Promise<RunLogVerdict> {
  const head = await readHead(store, tenantId, runId);
  if (!head) {
    return { ok: false, damage: 'no-run', message: `run ${runId} has no readable run document` };
  }
  const length = head.seq + 1;
  const log = new StoredLog(store, tenantId, runId);
  const verdict = await verifyChain(log.entries(length), {
    tenantId,
    runId,
    headHash: head.headHash,
    length,
  });
  if (!verdict.ok) return verdict;
  if (log.stray !== undefined) {
    return {
      ok: false,
      seq: log.stray.before,
      damage: 'inserted',
      message: `"${log.stray.id}" is no id of a log entry`,
    };
  }
  if (!log.longer) return verdict;
  const now = await readHead(store, tenantId, runId);
  if (now && now.seq > head.seq) return verdict;
  return {
    ok: false,
    seq: length,
    damage: 'inserted',
    message: `entry ${length} stands behind the run's head, which is ${head.seq}`,
  };
}

/** Verifies every run of a tenant, those too of which only the log is left. */
export async function* verifyTenantLogs(
  store: StateStore,
  tenantId: string,
): AsyncGenerator<{ readonly runId: string; readonly verdict: RunLogVerdict }> {
  const runs = runsPath(tenantId);
  for await (const { path } of pages(store, { collection: runs })) {
    const runId = path.slice(runs.length + 1);
    yield { runId, verdict: await verifyRunLog(store, tenantId, runId) };
  }
  // First entries are enough to find logs whose run document was deleted; a log without one was cut as well.
  const first = {
    collection: 'log',
    group: true,
    scan: true,
    where: [
      { field: 'tenantId', op: '==' as const, value: tenantId },
      { field: 'seq', op: '==' as const, value: 0 },
    ],
  };
  try {
    for await (const { path } of pages(store, first)) {
      const runId = path.slice(runs.length + 1).split('/')[0] ?? '';
      if (!path.startsWith(`${runs}/`) || (await store.get(runPath(tenantId, runId)))) continue;
      yield { runId, verdict: await verifyRunLog(store, tenantId, runId) };
    }
  } catch (error) {
    // Firestore does not index entries: there the comparison with the archive finds runs that are gone.
    if (!AppError.is(error, 'invalid_config')) throw error;
  }
}

async function readHead(
  store: StateStore,
  tenantId: string,
  runId: string,
): Promise<z.infer<typeof Head> | undefined> {
  const document = await store.get(runPath(tenantId, runId));
  return document && Head.safeParse(document.data).data;
}

type PageQuery = Omit<Parameters<StateStore['query']>[0], 'limit' | 'startAfter' | 'orderBy'>;

async function* pages(store: StateStore, query: PageQuery): AsyncGenerator<StoredDocument> {
  let startAfter: string | undefined;
  for (;;) {
    const page = await store.query({
      ...query,
      limit: PAGE,
      ...(startAfter !== undefined && { startAfter }),
    });
    yield* page;
    startAfter = page.at(-1)?.path;
    if (page.length < PAGE) return;
  }
}

/** The stored entries of one log in the order of their ids. */
class StoredLog {
  /** A document that no writer of logs makes. */
  stray: { id: string; before: number } | undefined;
  /** There are entries behind the expected length. */
  longer = false;
  private readonly store: StateStore;
  private readonly tenantId: string;
  private readonly runId: string;

  constructor(store: StateStore, tenantId: string, runId: string) {
    this.store = store;
    this.tenantId = tenantId;
    this.runId = runId;
  }

  async *entries(length: number): AsyncGenerator {
    const collection = logPath(this.tenantId, this.runId);
    let count = 0;
    try {
      for await (const { path, data } of pages(this.store, { collection })) {
        const id = path.slice(collection.length + 1);
        if (!ID.test(id)) {
          this.stray ??= { id, before: count };
          continue;
        }
        if (count >= length) {
          this.longer = true;
          return;
        }
        count += 1;
        yield data;
      }
    } catch (error) {
      if (!AppError.is(error, 'store_corrupt')) throw error;
      yield* this.oneByOne(count, length);
    }
  }

  /** A document does not decode, which fails its page: go on singly, so that the first bad entry is named. */
  private async *oneByOne(from: number, length: number): AsyncGenerator {
    for (let seq = from; seq < length; seq += 1) {
      let entry: StoredDocument | undefined;
      try {
        entry = await this.store.get(logEntryPath(this.tenantId, this.runId, seq));
      } catch (error) {
        if (!AppError.is(error, 'store_corrupt')) throw error;
        yield undefined;
        continue;
      }
      if (entry) yield entry.data;
    }
  }
}
