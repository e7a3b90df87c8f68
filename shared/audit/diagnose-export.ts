import type { AuditArchive } from './audit-archive.ts';
import { leafData, parseLeaf, readListing, type Leaf, type Segment } from './export-format.ts';
import { leafHash, TreeFrontier } from './merkle-tree.ts';
import { GENESIS_HASH, hashOf } from './seal-entry.ts';
import type { Checkpoint } from './signed-note.ts';
import {
  bad,
  parseEntry,
  parseLoose,
  readSegment,
  type BadEntry,
  type LogPlace,
  type SegmentLines,
} from './read-export.ts';

export interface BadSegment {
  readonly segment: Segment;
  readonly lines: SegmentLines;
  readonly signed: Checkpoint;
  /** The tree and the logs before the segment: both are known to be good. */
  readonly before: TreeFrontier;
  readonly logs: ReadonlyMap<string, LogPlace>;
}

/**
 * Tells what was done to the first segment that does not verify. The leaves are the witness while they add up to the signed root:
 * comparing the entries with them leaves no guess. Where they were changed too, only the chains of the logs can tell.
 */
export class ExportDiagnosis {
  readonly #archive: Pick<AuditArchive, 'get' | 'list'>;
  readonly #tenantId: string;
  readonly #bad: BadSegment;

  constructor(archive: Pick<AuditArchive, 'get' | 'list'>, tenantId: string, damage: BadSegment) {
    this.#archive = archive;
    this.#tenantId = tenantId;
    this.#bad = damage;
  }

  async run(): Promise<BadEntry> {
    const { lines, segment } = this.#bad;
    const { entries, leaves } = lines;
    const isLast = await this.#isLast();
    if (!entries)
      return isLast
        ? bad('truncated', segment.from, 'is missing, and all after it: the last segment is gone')
        : bad('deleted', segment.from, 'is missing: its segment is gone');
    const authentic = leaves !== undefined && this.#addsUp(leaves);
    if (authentic) return this.#compare(entries, leaves, isLast);
    const rebuilt = entries
      .map((line) => parseEntry(line))
      .map((entry) => (entry ? leafData(entry) : ''));
    if (this.#addsUp(rebuilt)) {
      const at = rebuilt.findIndex((leaf, n) => leaf !== leaves?.[n]);
      return bad(
        'edited',
        segment.from + Math.max(at, 0),
        'is as it was signed; its leaf in the export was changed',
      );
    }
    return this.#byChains(entries, isLast);
  }

  async #isLast(): Promise<boolean> {
    const { segments } = readListing(await this.#archive.list(`${this.#tenantId}/`));
    return segments.every(({ from }) => from <= this.#bad.segment.from);
  }

  #addsUp(leaves: readonly string[]): boolean {
    const { before, signed } = this.#bad;
    const frontier = TreeFrontier.restore(before.size, before.hashes);
    for (const leaf of leaves) frontier.append(leafHash(leaf));
    return frontier.size === signed.size && frontier.root().equals(signed.root);
  }

  /** The leaves are what was signed: entry by entry. */
  async #compare(entries: string[], leaves: string[], isLast: boolean): Promise<BadEntry> {
    const { segment } = this.#bad;
    const leafAt = (line: string | undefined): string | undefined => {
      const entry = line === undefined ? undefined : parseEntry(line);
      return entry && leafData(entry);
    };
    const n = Array.from({ length: Math.max(entries.length, leaves.length) }).findIndex(
      (_unused, at) => leafAt(entries[at]) !== leaves[at],
    );
    const index = segment.from + n;
    const expected = leaves[n] === undefined ? undefined : parseLeaf(leaves[n]);
    // Every entry matches its leaf, so what does not hold was signed: the log itself was broken when it was exported.
    if (n < 0) return this.#byChains(entries, isLast);
    if (!expected) return bad('inserted', index, 'was never signed', parseLoose(entries[n] ?? ''));
    const line = entries[n];
    const standsAt = await this.#find('entries', leaves[n] ?? '');
    if (line === undefined) {
      if (standsAt !== undefined) return bad('reordered', index, `stands at ${standsAt}`, expected);
      return isLast
        ? bad('truncated', index, 'is missing, and all after it', expected)
        : bad('deleted', index, 'is missing', expected);
    }
    if (this.#isRelabelled(line, expected))
      return bad(
        'swapped-runs',
        index,
        `is told as an entry of run ${parseLoose(line)?.runId}`,
        expected,
      );
    const here = leafAt(line);
    const belongsAt = here === undefined ? undefined : await this.#find('leaves', here);
    if (standsAt === undefined)
      return belongsAt === undefined
        ? bad('edited', index, 'is not what was signed', expected)
        : bad('deleted', index, 'is missing', expected);
    if (belongsAt === undefined)
      return bad('inserted', index, 'was never signed', parseLoose(line));
    if (belongsAt < index)
      return bad('inserted', index, `is a copy of entry ${belongsAt}`, parseLoose(line));
    const exchanged = belongsAt === standsAt && parseLoose(line)?.runId !== expected.runId;
    return exchanged
      ? bad(
          'swapped-runs',
          index,
          `is one of run ${parseLoose(line)?.runId}; that of run ${expected.runId} stands at ${standsAt}`,
          expected,
        )
      : bad('reordered', index, `stands at ${standsAt}`, expected);
  }

  /** The entry that was signed, but for the run that it names (and the hashes that follow from it). */
  #isRelabelled(line: string, expected: Leaf): boolean {
    const entry = parseLoose(line);
    if (!entry || (entry.runId === expected.runId && entry.tenantId === expected.tenantId))
      return false;
    const { tenantId, runId, hash } = expected;
    const prevHash = this.#previousOf(expected);
    return [
      { ...entry, tenantId, runId },
      { ...entry, tenantId, runId, prevHash },
    ].some((original) => hashOf(original) === hash);
  }

  #previousOf({ runId, seq }: Leaf): string {
    const leaf = this.#bad.lines.leaves
      ?.map((line) => parseLeaf(line))
      .find((other) => other?.runId === runId && other.seq === seq - 1);
    return leaf?.hash ?? this.#bad.logs.get(runId)?.hash ?? GENESIS_HASH;
  }

  /** Where in the export an entry or a leaf stands: its place counted in lines. */
  async #find(what: 'entries' | 'leaves', leaf: string): Promise<number | undefined> {
    const { segments } = readListing(await this.#archive.list(`${this.#tenantId}/`));
    const hash = leaf.slice(leaf.lastIndexOf(' ') + 1);
    for (const segment of segments) {
      const lines = await readSegment(this.#archive, this.#tenantId, segment);
      const at = lines[what]?.findIndex((line) => {
        if (what === 'leaves') return line === leaf;
        if (!line.includes(hash)) return false;
        const entry = parseEntry(line);
        return entry !== undefined && leafData(entry) === leaf;
      });
      if (at !== undefined && at >= 0) return segment.from + at;
    }
    return undefined;
  }

  /** Entries and leaves were both changed: the first break in a chain decides. */
  #byChains(entries: string[], isLast: boolean): BadEntry {
    const { segment, logs } = this.#bad;
    const places = new Map<string, LogPlace>();
    for (const [n, line] of entries.entries()) {
      const index = segment.from + n;
      const entry = parseEntry(line);
      if (!entry) return bad('edited', index, 'does not match its hash', parseLoose(line));
      const previous = places.get(entry.runId) ?? logs.get(entry.runId);
      const seq = previous ? previous.seq + 1 : 0;
      if (entry.seq > seq) {
        const missing = { runId: entry.runId, seq };
        const later = entries.slice(n + 1).some((other) => {
          const found = parseEntry(other);
          return found?.runId === entry.runId && found.seq === seq;
        });
        return later
          ? bad('reordered', index, 'stands before its predecessor', entry)
          : bad('deleted', index, `follows on entry ${seq} of its run, which is missing`, missing);
      }
      if (entry.seq < seq)
        return bad('inserted', index, 'has a place in its run that is taken', entry);
      if (entry.prevHash !== (previous?.hash ?? GENESIS_HASH)) {
        // What was signed before this segment is beyond doubt; within it the successor holds the hash of what was there.
        const culprit = previous && previous.index >= segment.from ? previous : undefined;
        return culprit
          ? bad(
              'edited',
              culprit.index,
              'was sealed anew: its successor holds another hash of it',
              {
                runId: entry.runId,
                seq: culprit.seq,
              },
            )
          : bad('edited', index, 'does not link to its predecessor', entry);
      }
      places.set(entry.runId, { seq: entry.seq, hash: entry.hash, index });
    }
    if (entries.length < segment.size - segment.from && isLast)
      return bad('truncated', segment.from + entries.length, 'is missing, and all after it');
    return bad(
      'forked',
      segment.from,
      `or one of the ${segment.size - segment.from} from it on is another than was signed: entries and leaves were replaced by a history that holds in itself`,
    );
  }
}
