import { z } from 'zod';

import { checkpointPath, treeCursorPath, treePath } from '../contracts/paths.ts';
import type { StoredLogEntry } from '../contracts/stored-log-entry.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { StateStore, StoredDocument, Write } from '../state/state-store.ts';
import type { AuditArchive } from './audit-archive.ts';
import type { CheckpointSigner } from './checkpoint-signer.ts';
import { checkpointName, entriesName, leafData, leavesName } from './export-format.ts';
import { leafHash, TreeFrontier } from './merkle-tree.ts';
import { formatNoteKey, noteKey, signCheckpoint } from './signed-note.ts';
import { GENESIS_HASH, isSound } from './seal-entry.ts';
import { changedLogs, readStored } from './stored-logs.ts';
import { appendTenantEvent } from './tenant-log.ts';

export interface CheckpointDeps {
  readonly store: StateStore;
  readonly archive: AuditArchive;
  readonly signer: CheckpointSigner;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'error'>;
}

/** The tree of a tenant: its size and right edge. Replaced by every checkpoint. */
const StoredTree = z.strictObject({
  schemaVersion: z.literal(1),
  size: z.int(),
  frontier: z.array(z.string()),
  /** The archive holds everything up to this size. */
  exported: z.int(),
  /** Runs that changed before this were looked at. */
  lookedAt: z.string(),
  key: z.string(),
});
type StoredTree = z.infer<typeof StoredTree>;

/** What one checkpoint added: ranges of logs, in the order of the leaves. */
const StoredCheckpoint = z.strictObject({
  schemaVersion: z.literal(1),
  from: z.int(),
  size: z.int(),
  note: z.string(),
  ranges: z.array(z.strictObject({ runId: z.string(), from: z.int(), to: z.int() })),
});
type StoredCheckpoint = z.infer<typeof StoredCheckpoint>;

const Cursor = z.strictObject({ seq: z.int(), hash: z.string() });

/** Entries and logs of one checkpoint at most: what a batch and one object of the export can hold. */
const MAX_ENTRIES = 1_000;
const MAX_LOGS = 300;
const MAX_BYTES = 8 * 1024 * 1024;
const PAGE = 200;

interface Growth {
  readonly runId: string;
  readonly entries: readonly StoredLogEntry[];
  readonly cursor: StoredDocument | undefined;
}

/** Name of a tenant's tree in its checkpoints. */
export const originOf = (signer: CheckpointSigner, tenantId: string): string =>
  `${signer.name}/${tenantId}`;

/**
 * Takes every entry that is new since the last checkpoint into the tenant's tree (each log's new entries in its order, logs by
 * id), signs the root, and writes entries, leaves and note to the archive. Entries that do not follow from what the tree holds
 * are left out and reported (`damage` in the tenant's log). Only one of several callers at once succeeds: `conflict` for the
 * others. Resolves to the size of the tree.
 */
export async function makeCheckpoint(deps: CheckpointDeps, tenantId: string): Promise<number> {
  const { store, signer, clock } = deps;
  const key = formatNoteKey(noteKey(signer.name, await signer.publicKey()));
  for (;;) {
    const document = await store.get<StoredTree>(treePath(tenantId));
    const tree = document && StoredTree.parse(document.data);
    if (tree && tree.exported < tree.size) {
      await exportUpTo(deps, tenantId, tree);
      await saveTree(store, tenantId, { ...tree, exported: tree.size }, document.version);
      continue;
    }
    if (tree?.key !== key)
      await appendTenantEvent(deps, tenantId, 'scheduler', { type: 'key.signing', key });
    const lookedAt = clock.iso();
    // Once a day every log is looked at, whatever the clocks of their writers say.
    const sameDay = tree?.lookedAt.slice(0, 10) === lookedAt.slice(0, 10);
    const { growths, more } = await growthOf(deps, tenantId, sameDay ? tree?.lookedAt : undefined);
    if (growths.length === 0) return tree?.size ?? 0;
    const frontier = TreeFrontier.restore(tree?.size ?? 0, tree?.frontier ?? []);
    for (const { entries } of growths)
      for (const entry of entries) frontier.append(leafHash(leafData(entry)));
    const { size } = frontier;
    const origin = originOf(signer, tenantId);
    const note = await signCheckpoint(signer, {
      origin,
      size,
      root: frontier.root(),
      at: lookedAt,
    });
    const next: StoredTree = {
      schemaVersion: 1,
      size,
      frontier: [...frontier.hashes],
      exported: tree?.exported ?? 0,
      lookedAt: more ? (tree?.lookedAt ?? '') : lookedAt,
      key,
    };
    const checkpoint: StoredCheckpoint = {
      schemaVersion: 1,
      from: tree?.size ?? 0,
      size,
      note,
      ranges: growths.map(({ runId, entries }) => ({
        runId,
        from: entries[0]?.seq ?? 0,
        to: entries.at(-1)?.seq ?? 0,
      })),
    };
    await store.commit([
      { op: 'create', path: checkpointPath(tenantId, size), data: checkpoint },
      document
        ? { op: 'update', path: treePath(tenantId), data: next, ifVersion: document.version }
        : { op: 'create', path: treePath(tenantId), data: next },
      ...growths.map((growth) => cursorWrite(tenantId, growth)),
    ]);
  }
}

function cursorWrite(tenantId: string, { runId, entries, cursor }: Growth): Write {
  const path = treeCursorPath(tenantId, runId);
  const last = entries.at(-1);
  const data = { seq: last?.seq ?? 0, hash: last?.hash ?? '' };
  return cursor
    ? { op: 'update', path, data, ifVersion: cursor.version }
    : { op: 'create', path, data };
}

async function saveTree(
  store: StateStore,
  tenantId: string,
  tree: StoredTree,
  ifVersion: string,
): Promise<void> {
  await store.commit([{ op: 'update', path: treePath(tenantId), data: tree, ifVersion }]);
}

/** New entries of all logs, within what one checkpoint holds; `more` when some were left for the next. */
async function growthOf(
  deps: CheckpointDeps,
  tenantId: string,
  since: string | undefined,
): Promise<{ growths: Growth[]; more: boolean }> {
  const growths: Growth[] = [];
  let room = MAX_ENTRIES;
  let bytes = MAX_BYTES;
  for await (const { runId, seq } of changedLogs(deps.store, tenantId, since)) {
    if (room <= 0 || bytes <= 0 || growths.length >= MAX_LOGS) return { growths, more: true };
    const cursor = await deps.store.get(treeCursorPath(tenantId, runId));
    const at = cursor ? Cursor.parse(cursor.data) : { seq: -1, hash: GENESIS_HASH };
    if (at.seq >= seq) continue;
    const limit = Math.min(seq - at.seq, room, PAGE);
    const entries = await newEntries(deps, tenantId, runId, at, limit);
    if (entries.length === 0) continue;
    growths.push({ runId, entries, cursor });
    room -= entries.length;
    bytes -= entries.reduce((sum, { sealed = '' }) => sum + sealed.length + 600, 0);
    if (entries.length === limit && limit < seq - at.seq) return { growths, more: true };
  }
  return { growths, more: false };
}

/** The entries after the cursor, if they follow from it. */
async function newEntries(
  deps: CheckpointDeps,
  tenantId: string,
  runId: string,
  after: { seq: number; hash: string },
  limit: number,
): Promise<StoredLogEntry[]> {
  const entries = await readStored(deps.store, tenantId, runId, after.seq + 1, limit);
  let { seq, hash } = after;
  const good: StoredLogEntry[] = [];
  for (const entry of entries) {
    const follows =
      entry.tenantId === tenantId &&
      entry.runId === runId &&
      entry.seq === seq + 1 &&
      entry.prevHash === hash &&
      isSound(entry);
    if (!follows) {
      await reportDamage(deps, tenantId, runId, seq + 1, 'does not follow from what was signed');
      break;
    }
    good.push(entry);
    ({ seq, hash } = entry);
  }
  return good;
}

/** Once for each place: the log is not filled by every tick. */
export async function reportDamage(
  deps: CheckpointDeps,
  tenantId: string,
  runId: string,
  seq: number,
  damage: string,
): Promise<void> {
  deps.log.error('the log of a run is damaged', { tenantId, runId, seq, damage });
  const path = `tenants/${tenantId}/damages/${runId}-${seq}`;
  const mark: Write = { op: 'create', path, data: { at: deps.clock.iso() } };
  await appendTenantEvent(deps, tenantId, 'scheduler', { type: 'damage', runId, seq, damage }, [
    mark,
  ]).catch((error: unknown) => {
    if (!AppError.is(error, 'conflict')) throw error;
  });
}

/** Writes what the archive lacks. Entries never change, so a second attempt writes the same bytes. */
async function exportUpTo(deps: CheckpointDeps, tenantId: string, tree: StoredTree): Promise<void> {
  const { store, archive } = deps;
  const pending = await store.query<StoredCheckpoint>({
    collection: `tenants/${tenantId}/checkpoints`,
    ...(tree.exported > 0 && { startAfter: checkpointPath(tenantId, tree.exported) }),
  });
  for (const { data } of pending) {
    const { from, size, note, ranges } = StoredCheckpoint.parse(data);
    const entries: StoredLogEntry[] = [];
    for (const range of ranges)
      entries.push(
        ...(await readStored(store, tenantId, range.runId, range.from, range.to - range.from + 1)),
      );
    if (entries.length !== size - from)
      throw new AppError(
        'audit_broken',
        `entries of checkpoint ${size} of tenant ${tenantId} are gone from the store before they were exported`,
      );
    const text = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\n')}\n`);
    const segment = { from, size };
    await archive.put(
      entriesName(tenantId, segment),
      text(entries.map((entry) => JSON.stringify(entry))),
    );
    await archive.put(leavesName(tenantId, segment), text(entries.map(leafData)));
    await archive.put(checkpointName(tenantId, size), Buffer.from(note));
  }
}
