import type { AuditArchive } from './audit-archive.ts';
import {
  entriesName,
  leafData,
  leavesName,
  linesOf,
  parseLeaf,
  type Segment,
} from './export-format.ts';
import { isSound } from './seal-entry.ts';

export type ExportDamage =
  /** Its content is not what was signed. */
  | 'edited'
  | 'deleted'
  /** An entry that was never signed, or a copy. */
  | 'inserted'
  /** The entry that belongs here stands elsewhere. */
  | 'reordered'
  /** The export ends before its newest checkpoint. */
  | 'truncated'
  /** What is shown and what was signed earlier are two histories. */
  | 'forked'
  /** A checkpoint is signed by another key. */
  | 'wrong-key'
  /** The export ends before a checkpoint that the verifier holds. */
  | 'rolled-back'
  /** Entries of one run stand in the place of another's. */
  | 'swapped-runs';

export interface BadEntry {
  readonly ok: false;
  readonly damage: ExportDamage;
  /** Place of the first bad entry in the tenant's tree, from 0. */
  readonly index: number;
  /** The run and the place in its log, where they are known. */
  readonly runId?: string;
  readonly seq?: number;
  readonly message: string;
}

/** Where a log stands: the last entry that was read. */
export interface LogPlace {
  readonly seq: number;
  readonly hash: string;
  readonly index: number;
}

export interface SegmentLines {
  readonly entries: string[] | undefined;
  readonly leaves: string[] | undefined;
}

export async function readSegment(
  archive: Pick<AuditArchive, 'get'>,
  tenantId: string,
  segment: Segment,
): Promise<SegmentLines> {
  const [entries, leaves] = await Promise.all([
    archive.get(entriesName(tenantId, segment)),
    archive.get(leavesName(tenantId, segment)),
  ]);
  return { entries: entries && linesOf(entries), leaves: leaves && linesOf(leaves) };
}

export const bad = (
  damage: ExportDamage,
  index: number,
  message: string,
  entry: { runId?: string; seq?: number } = {},
): BadEntry => ({
  ok: false,
  damage,
  index,
  ...(entry.runId !== undefined && { runId: entry.runId }),
  ...(entry.seq !== undefined && { seq: entry.seq }),
  message: `entry ${index} ${message}`,
});

export interface ParsedEntry {
  readonly tenantId: string;
  readonly runId: string;
  readonly seq: number;
  readonly prevHash: string;
  readonly hash: string;
}

/** The entry of a line; undefined when it is none, or is not what its hash covers. */
export function parseEntry(line: string): ParsedEntry | undefined {
  const entry = parseLoose(line);
  return entry && isSound(entry) && parseLeaf(leafData(entry)) ? entry : undefined;
}

/** As it stands, sound or not. */
export function parseLoose(line: string): ParsedEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as ParsedEntry) : undefined;
  } catch {
    return undefined;
  }
}
