import type { StoredLogEntry } from '../contracts/stored-log-entry.ts';

/**
 * An export, per tenant: `{tenant}/{from}-{size}.entries` holds the entries that are the leaves `from` to before `size` of the
 * tenant's tree, one JSON line each; `.leaves` the data of those leaves; `{tenant}/{size}.checkpoint` the signed root at `size`.
 */
export interface Segment {
  readonly from: number;
  readonly size: number;
}

const pad = (number: number): string => String(number).padStart(12, '0');
const SEGMENT = /\/(\d{12})-(\d{12})\.(entries|leaves)$/;
const CHECKPOINT = /\/(\d{12})\.checkpoint$/;

export const entriesName = (tenantId: string, { from, size }: Segment): string =>
  `${tenantId}/${pad(from)}-${pad(size)}.entries`;
export const leavesName = (tenantId: string, { from, size }: Segment): string =>
  `${tenantId}/${pad(from)}-${pad(size)}.leaves`;
export const checkpointName = (tenantId: string, size: number): string =>
  `${tenantId}/${pad(size)}.checkpoint`;

/** Data of a leaf: tenant, log, place in the log and hash of the entry. Hashed after a zero byte (RFC 9162). */
export function leafData(
  entry: Pick<StoredLogEntry, 'tenantId' | 'runId' | 'seq' | 'hash'>,
): string {
  return `${entry.tenantId} ${entry.runId} ${entry.seq} ${entry.hash}`;
}

export interface Leaf {
  readonly tenantId: string;
  readonly runId: string;
  readonly seq: number;
  readonly hash: string;
}

export function parseLeaf(line: string): Leaf | undefined {
  const match = /^([a-z0-9-]+) ([a-z0-9_]+) (\d{1,9}) ([0-9a-f]{64})$/.exec(line);
  if (!match) return undefined;
  const [, tenantId = '', runId = '', seq = '', hash = ''] = match;
  return { tenantId, runId, seq: Number(seq), hash };
}

export interface ExportListing {
  /** By `from`, then by `size`. */
  readonly segments: readonly Segment[];
  readonly checkpoints: readonly number[];
}

export function readListing(names: readonly string[]): ExportListing {
  const segments = new Map<string, Segment>();
  const checkpoints: number[] = [];
  for (const name of names) {
    const segment = SEGMENT.exec(name);
    if (segment)
      segments.set(`${segment[1]}-${segment[2]}`, {
        from: Number(segment[1]),
        size: Number(segment[2]),
      });
    const checkpoint = CHECKPOINT.exec(name);
    if (checkpoint) checkpoints.push(Number(checkpoint[1]));
  }
  return {
    segments: [...segments.values()].toSorted((a, b) => a.from - b.from || a.size - b.size),
    checkpoints: checkpoints.toSorted((a, b) => a - b),
  };
}

/** Lines of an object, without the empty one after the last line end. */
export function linesOf(bytes: Uint8Array): string[] {
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString('utf8')
    .split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
