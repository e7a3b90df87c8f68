import { GENESIS_HASH, hashOf, hasItsPayload, Link } from './seal-entry.ts';

export type Damage =
  /** Its content does not match its hash, or it was sealed anew and its neighbours show it. */
  | 'edited'
  /** The entry that belongs here is nowhere in the log. */
  | 'missing'
  /** An entry that the chain does not lead through. */
  | 'inserted'
  /** The entry that belongs here stands further on. */
  | 'reordered'
  /** A copy of an earlier entry. */
  | 'duplicate'
  /** No log entry at all. */
  | 'malformed'
  /** The log ends before the head that it should have. */
  | 'truncated'
  /** An entry of another run or tenant. */
  | 'wrong-run';

export interface ChainDamage {
  readonly ok: false;
  /** Position of the first bad entry, from 0. */
  readonly seq: number;
  readonly damage: Damage;
  readonly message: string;
}

export type ChainVerdict =
  | { readonly ok: true; readonly entries: number; readonly headHash: string }
  | ChainDamage;

export interface ExpectedChain {
  readonly tenantId: string;
  readonly runId: string;
  readonly headHash?: string;
  readonly length?: number;
}

/**
 * Checks a log from its first entry on and names the first entry that is wrong, and how.
 *
 * What a plain chain cannot tell: a tail cut off (unless `expected` says how long the log is), and a log sealed anew from some
 * entry to its end (unless `expected.headHash` is known: then it is found, named at the last entry, since every link holds). When
 * one entry was sealed anew, its successor's link breaks; the entry after that decides which of the two was changed; where the log
 * ends there, the head hash decides, and without it the later one is named.
 */
export async function verifyChain(
  entries: Iterable<unknown> | AsyncIterable<unknown>,
  expected?: ExpectedChain,
): Promise<ChainVerdict> {
  const reader = new PeekingReader(entries);
  try {
    return await new ChainWalk(reader, expected).run();
  } finally {
    await reader.close();
  }
}

class ChainWalk {
  private readonly reader: PeekingReader;
  private readonly expected: ExpectedChain | undefined;
  private readonly hashes: string[] = [];
  private previous: Link | undefined;

  constructor(reader: PeekingReader, expected: ExpectedChain | undefined) {
    this.reader = reader;
    this.expected = expected;
  }

  async run(): Promise<ChainVerdict> {
    for (;;) {
      const item = await this.reader.next();
      if (item === undefined) return this.atEnd();
      const bad = await this.step(item.value);
      if (bad) return bad;
    }
  }

  private async step(value: unknown): Promise<ChainDamage | undefined> {
    const seq = this.hashes.length;
    const expectedPrev = this.hashes.at(-1) ?? GENESIS_HASH;
    const parsed = Link.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      return damage(
        seq,
        'malformed',
        `is no log entry (${issue?.path.join('.')}: ${issue?.message})`,
      );
    }
    const entry = parsed.data;
    const { expected } = this;
    const home = expected ?? this.previous;
    if (home && (entry.tenantId !== home.tenantId || entry.runId !== home.runId)) {
      return damage(seq, 'wrong-run', `belongs to run ${entry.runId} of tenant ${entry.tenantId}`);
    }
    const bad =
      hasItsPayload(entry) && hashOf(value as Record<string, unknown>) === entry.hash
        ? await this.misplaced(entry, seq, expectedPrev)
        : await this.unsound(entry, seq, expectedPrev);
    if (bad) return bad;
    if (expected?.length !== undefined && seq >= expected.length) {
      return damage(
        seq,
        'inserted',
        `stands behind the log's end: it should have ${expected.length} entries`,
      );
    }
    this.hashes.push(entry.hash);
    this.previous = entry;
    return undefined;
  }

  /** The entry's content does not match its hash. */
  private async unsound(entry: Link, seq: number, expectedPrev: string): Promise<ChainDamage> {
    const next = await this.reader.peekLink();
    if (next?.seq === seq && next.prevHash === expectedPrev) {
      return damage(
        seq,
        'inserted',
        'is not part of the chain: the next one follows its predecessor',
      );
    }
    if (entry.seq > seq && entry.prevHash !== expectedPrev) return this.absent(seq);
    return damage(seq, 'edited', 'does not match its hash');
  }

  /** The entry is sound in itself; undefined when it also stands where it belongs. */
  private async misplaced(
    entry: Link,
    seq: number,
    expectedPrev: string,
  ): Promise<ChainDamage | undefined> {
    if (entry.seq > seq) return this.absent(seq);
    if (entry.seq === seq && entry.prevHash === expectedPrev) return undefined;
    const next = await this.reader.peekLink();
    const followed = next ? next.prevHash === entry.hash : this.expected?.headHash === entry.hash;
    if (entry.seq < seq) {
      if (this.hashes[entry.seq] === entry.hash) {
        return damage(seq, 'duplicate', `repeats entry ${entry.seq}`);
      }
      // Two entries claim one place: the one that the rest of the log does not follow was put in.
      const rival = entry.seq === seq - 1 && entry.prevHash === this.previous?.prevHash;
      if (rival && followed) {
        return damage(seq - 1, 'inserted', 'is not part of the chain: the log goes on without it');
      }
      return damage(seq, 'inserted', `claims to be entry ${entry.seq}, which is another`);
    }
    if (next?.seq === seq && next.prevHash === expectedPrev) {
      return damage(
        seq,
        'inserted',
        'is not part of the chain: the next one follows its predecessor',
      );
    }
    if (followed && seq > 0) {
      return damage(seq - 1, 'edited', 'was sealed anew: its successor holds another hash of it');
    }
    return damage(seq, 'edited', 'does not link to its predecessor');
  }

  /** Entry `seq` is not where it belongs; is it anywhere further on? */
  private async absent(seq: number): Promise<ChainDamage> {
    for (let item = await this.reader.next(); item; item = await this.reader.next()) {
      const later = Link.safeParse(item.value);
      if (!later.success || later.data.seq !== seq) continue;
      if (hashOf(item.value as Record<string, unknown>) !== later.data.hash) continue;
      return damage(seq, 'reordered', 'stands further on in the log');
    }
    return damage(seq, 'missing', 'is missing');
  }

  private atEnd(): ChainVerdict {
    const entries = this.hashes.length;
    const headHash = this.hashes.at(-1) ?? GENESIS_HASH;
    const { expected } = this;
    if (expected?.length !== undefined && entries < expected.length) {
      return damage(
        entries,
        'truncated',
        `is missing, and all after it: the log should have ${expected.length}`,
      );
    }
    if (expected?.headHash !== undefined && headHash !== expected.headHash) {
      if (expected.length === undefined) {
        return damage(
          entries,
          'truncated',
          'is missing, or the log was sealed anew: its head is another',
        );
      }
      return damage(Math.max(entries - 1, 0), 'edited', 'is not the head that the log should have');
    }
    return { ok: true, entries, headHash };
  }
}

function damage(seq: number, kind: Damage, what: string): ChainDamage {
  return { ok: false, seq, damage: kind, message: `entry ${seq} ${what}` };
}

class PeekingReader {
  private readonly iterator: Iterator<unknown> | AsyncIterator<unknown>;
  private peeked: { value: unknown } | undefined;
  private ended = false;

  constructor(source: Iterable<unknown> | AsyncIterable<unknown>) {
    this.iterator =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  async next(): Promise<{ value: unknown } | undefined> {
    const peeked = this.peeked;
    this.peeked = undefined;
    return peeked ?? this.pull();
  }

  async peekLink(): Promise<Link | undefined> {
    this.peeked ??= await this.pull();
    return this.peeked && Link.safeParse(this.peeked.value).data;
  }

  async close(): Promise<void> {
    if (!this.ended) await this.iterator.return?.();
  }

  private async pull(): Promise<{ value: unknown } | undefined> {
    if (this.ended) return undefined;
    const result = await this.iterator.next();
    this.ended = result.done === true;
    return this.ended ? undefined : { value: result.value };
  }
}
