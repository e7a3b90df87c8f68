import { AppError } from '../core/errors.ts';
import type { AuditArchive } from './audit-archive.ts';
import { ExportDiagnosis } from './diagnose-export.ts';
import { checkpointName, leafData, readListing, type Segment } from './export-format.ts';
import { leafHash, TreeFrontier } from './merkle-tree.ts';
import { bad, parseEntry, readSegment, type BadEntry, type LogPlace } from './read-export.ts';
import { GENESIS_HASH } from './seal-entry.ts';
import { verifyNote, type Checkpoint, type NoteKey, type NoteVerdict } from './signed-note.ts';

export type ExportVerdict =
  | {
      readonly ok: true;
      readonly size: number;
      readonly root: string;
      readonly at?: string;
      /** `unknown` without an earlier checkpoint: an older state of the whole would look the same. */
      readonly freshness: 'unknown' | 'not older than the given checkpoint';
      readonly logs: number;
      /** The log asked for: how many entries, and the hash of the last. */
      readonly run?: { readonly entries: number; readonly headHash: string };
    }
  | BadEntry;

export interface VerifyExportOptions {
  readonly tenantId: string;
  readonly key: NoteKey;
  /** Keys that signed before it, oldest first. A key that was replaced signs nothing any more. */
  readonly earlierKeys?: readonly NoteKey[];
  /** A signed checkpoint that the verifier kept from an earlier time. */
  readonly since?: string;
  readonly runId?: string;
  /** Where an earlier verification of this export came to: what it read is not read again. */
  readonly resume?: VerifiedPrefix;
  /** Told after each segment that is good. */
  readonly onSegment?: (prefix: VerifiedPrefix) => void;
}

/** The state behind a good segment. */
export interface VerifiedPrefix {
  readonly size: number;
  readonly hashes: readonly string[];
  readonly logs: ReadonlyMap<string, LogPlace>;
}

/**
 * Verifies an export of a tenant with nothing but the export and the public key: every entry against its hash, its payload and its
 * log, every leaf against the signed root, every root against the next. Reads one segment at a time. On the first thing that is
 * wrong the export is read again to tell what was done to it.
 */
export async function verifyExport(
  archive: Pick<AuditArchive, 'get' | 'list'>,
  options: VerifyExportOptions,
): Promise<ExportVerdict> {
  return new ExportWalk(archive, options).run();
}

class ExportWalk {
  readonly #archive: Pick<AuditArchive, 'get' | 'list'>;
  readonly #options: VerifyExportOptions;
  readonly #frontier: TreeFrontier;
  readonly #logs: Map<string, LogPlace>;
  #since: Checkpoint | undefined;
  /** Oldest first; those before the one in use are gone. */
  readonly #keys: NoteKey[];

  constructor(archive: Pick<AuditArchive, 'get' | 'list'>, options: VerifyExportOptions) {
    this.#archive = archive;
    this.#options = options;
    const { resume, key, earlierKeys = [] } = options;
    this.#keys = [...earlierKeys, key];
    this.#frontier = TreeFrontier.restore(resume?.size ?? 0, resume?.hashes ?? []);
    this.#logs = new Map(resume?.logs);
  }

  async run(): Promise<ExportVerdict> {
    const { tenantId, since, runId } = this.#options;
    if (since !== undefined) {
      const known = verifiedBy(since, this.#keys).verdict;
      if (!known.ok)
        throw new AppError(
          'invalid_request',
          known.why === 'wrong-key'
            ? '--since: that checkpoint is signed by another key; give its own public key'
            : '--since: that is no checkpoint signed by this key',
        );
      this.#since = known.checkpoint;
    }
    const listing = readListing(await this.#archive.list(`${tenantId}/`));
    const newest = listing.checkpoints.at(-1);
    if (newest === undefined) {
      if (this.#since && this.#since.size > 0) return this.#rolledBack(0);
      throw new AppError('not_found', `there is no export of tenant ${tenantId}: no checkpoint`);
    }
    let last: Checkpoint | undefined;
    for (const segment of listing.segments) {
      if (segment.size <= (this.#options.resume?.size ?? 0)) continue;
      const at = this.#frontier.size;
      if (segment.from > at) return bad('deleted', at, 'is missing: its segment is gone');
      if (segment.from < at)
        return bad(
          'inserted',
          segment.from,
          'is there a second time, in a segment that no checkpoint signs',
        );
      const signed = await this.#checkpoint(segment.size);
      if (!signed.ok) return signed;
      last = signed.checkpoint;
      const found = await this.#segment(segment, last);
      if (found) return found;
      const { size, hashes } = this.#frontier;
      this.#options.onSegment?.({ size, hashes, logs: new Map(this.#logs) });
    }
    const { size } = this.#frontier;
    if (size < newest)
      return bad('truncated', size, `is missing, and all after it: ${newest} were signed`);
    if (size > newest) return bad('inserted', newest, 'was never signed');
    if (!last) {
      const signed = await this.#checkpoint(size);
      if (!signed.ok) return signed;
      last = signed.checkpoint;
    }
    if (this.#since && this.#since.size > size) return this.#rolledBack(size);
    const log = runId === undefined ? undefined : this.#logs.get(runId);
    if (runId !== undefined && !log)
      throw new AppError('not_found', `run ${runId} is not in this export of ${size} entries`);
    return {
      ok: true,
      size,
      root: last.root.toString('base64'),
      ...(last.at !== undefined && { at: last.at }),
      freshness: this.#since ? 'not older than the given checkpoint' : 'unknown',
      logs: this.#logs.size,
      ...(log && { run: { entries: log.seq + 1, headHash: log.hash } }),
    };
  }

  #rolledBack(size: number): BadEntry {
    return bad(
      'rolled-back',
      size,
      `is missing: the checkpoint given has ${this.#since?.size} entries`,
    );
  }

  async #checkpoint(size: number): Promise<{ ok: true; checkpoint: Checkpoint } | BadEntry> {
    const note = await this.#archive.get(checkpointName(this.#options.tenantId, size));
    const index = Math.max(size - 1, 0);
    if (!note) return bad('deleted', index, `has no checkpoint: that of size ${size} is gone`);
    const { verdict, at } = verifiedBy(note.toString('utf8'), this.#keys);
    if (verdict.ok) this.#keys.splice(0, at);
    if (!verdict.ok) {
      if (verdict.why === 'wrong-key')
        return bad('wrong-key', index, `is signed by another key (checkpoint ${size})`);
      return bad('edited', index, `has a checkpoint (${size}) that is not what was signed`);
    }
    if (verdict.checkpoint.size !== size)
      return bad(
        'swapped-runs',
        index,
        `has the checkpoint of size ${verdict.checkpoint.size} in its place`,
      );
    if (!verdict.checkpoint.origin.endsWith(`/${this.#options.tenantId}`))
      return bad(
        'swapped-runs',
        index,
        `has a checkpoint of another tenant (${verdict.checkpoint.origin})`,
      );
    return verdict;
  }

  /** Undefined when the segment is what was signed; the state then stands behind it. */
  async #segment(segment: Segment, signed: Checkpoint): Promise<BadEntry | undefined> {
    const { tenantId } = this.#options;
    const lines = await readSegment(this.#archive, tenantId, segment);
    const before = TreeFrontier.restore(this.#frontier.size, this.#frontier.hashes);
    const logs: [string, LogPlace][] = [];
    const places = new Map<string, LogPlace>();
    const count = segment.size - segment.from;
    let good = lines.entries?.length === count && lines.leaves?.length === count;
    for (let n = 0; good && n < count; n += 1) {
      const index = segment.from + n;
      const leaf = lines.leaves?.[n] ?? '';
      const place = this.#place(lines.entries?.[n] ?? '', leaf, index, places);
      if (!place) good = false;
      else {
        logs.push(place);
        places.set(...place);
        this.#frontier.append(leafHash(leaf));
        if (this.#since?.size === index + 1 && !this.#frontier.root().equals(this.#since.root))
          return bad('forked', index, 'or one before it is not what the given checkpoint signed');
      }
    }
    if (good && this.#frontier.root().equals(signed.root)) {
      for (const [runId, place] of logs) this.#logs.set(runId, place);
      return undefined;
    }
    return new ExportDiagnosis(this.#archive, tenantId, {
      segment,
      lines,
      signed,
      before,
      logs: this.#logs,
    }).run();
  }

  /** Where the entry leaves its log; undefined when it is not the one of that leaf or does not follow. */
  #place(
    line: string,
    leaf: string,
    index: number,
    places: ReadonlyMap<string, LogPlace>,
  ): [string, LogPlace] | undefined {
    const entry = parseEntry(line);
    if (!entry || leafData(entry) !== leaf) return undefined;
    const { runId, seq, hash } = entry;
    const previous = places.get(runId) ?? this.#logs.get(runId);
    const follows = previous
      ? entry.seq === previous.seq + 1 && entry.prevHash === previous.hash
      : entry.seq === 0 && entry.prevHash === GENESIS_HASH;
    if (!follows || entry.tenantId !== this.#options.tenantId) return undefined;
    return [runId, { seq, hash, index }];
  }
}

/** By the first of these keys that signed the note. */
function verifiedBy(
  note: string,
  [key, ...later]: readonly NoteKey[],
): { verdict: NoteVerdict; at: number } {
  const verdict: NoteVerdict = key ? verifyNote(note, key) : { ok: false, why: 'wrong-key' };
  if (verdict.ok || verdict.why !== 'wrong-key' || later.length === 0) return { verdict, at: 0 };
  const found = verifiedBy(note, later);
  return { verdict: found.verdict, at: found.at + 1 };
}
