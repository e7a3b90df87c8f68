import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { LogEvent } from '../contracts/log-entry.ts';
import { StoredLogEntry } from '../contracts/stored-log-entry.ts';
import type { ChainVerdict, Damage } from './log-chain.ts';
import { verifyChain } from './log-chain.ts';
import { GENESIS_HASH, sealEntry } from './seal-entry.ts';

const SEED = 20_261_122;
const where = { tenantId: 'a', runId: `run_${'0'.repeat(20)}` };
const said = (n: number, what = 'a person said "stop" \u001f é \u{1f6d1}'): LogEvent => ({
  type: 'run.cancel-requested',
  reason: `${what} ${n}`,
});

function seal(seq: number, prevHash: string, event = said(seq), place = where): StoredLogEntry {
  const at = '2026-11-22T10:00:00.000Z';
  return sealEntry({ ...place, seq, at, actor: 'user:ada', prevHash }, { event });
}

/** A log of `length` entries that begins with `from`. */
function chain(
  length: number,
  from: readonly StoredLogEntry[] = [],
  what?: string,
): StoredLogEntry[] {
  const entries = [...from];
  while (entries.length < length) {
    const seq = entries.length;
    entries.push(seal(seq, entries.at(-1)?.hash ?? GENESIS_HASH, said(seq, what)));
  }
  return entries;
}

const damageOf = (verdict: ChainVerdict): [Damage, number] | 'ok' =>
  verdict.ok ? 'ok' : [verdict.damage, verdict.seq];
const judge = async (entries: Iterable<unknown>, expected?: Parameters<typeof verifyChain>[1]) =>
  damageOf(await verifyChain(entries, expected));
const headOf = (entries: readonly StoredLogEntry[]) => ({
  ...where,
  headHash: entries.at(-1)?.hash ?? GENESIS_HASH,
  length: entries.length,
});

describe('sealing', () => {
  it('hashes the canonical JSON of everything but the hash', () => {
    const event: LogEvent = { type: 'run.cancel-requested', reason: 'é' };
    const entry = seal(0, GENESIS_HASH, event);
    expect(StoredLogEntry.parse(entry)).toEqual(entry);
    // Made by hand: printf of the RFC 8785 form | sha256sum.
    expect(entry.hash).toBe('e91bf2e1e6ed086dbd33cf85a3f60d5ffeb30d3ad52a2b92d8d29c7e37cd80c0');
    const backwards = Object.fromEntries(Object.entries(entry).toReversed()) as StoredLogEntry;
    expect(sealEntry(backwards, { event })).toEqual(entry);
  });
});

describe('a log that nobody touched', () => {
  it.each([0, 1, 2, 50])('verifies with %d entries, with and without its head', async (length) => {
    const entries = chain(length);
    const head = headOf(entries);
    const good = { ok: true, entries: length, headHash: head.headHash };
    expect(await verifyChain(entries)).toEqual(good);
    expect(await verifyChain(entries, head)).toEqual(good);
    const streamed = async function* () {
      yield* entries;
    };
    expect(await verifyChain(streamed(), head)).toEqual(good);
  });

  it('verifies after a round trip through JSON with the keys in another order', async () => {
    const stored = chain(5).map((entry) => {
      const backwards = Object.fromEntries(Object.entries(entry).toReversed());
      return JSON.parse(JSON.stringify(backwards)) as unknown;
    });
    expect(await judge(stored)).toBe('ok');
  });
});

describe('a log that somebody changed', () => {
  const entries = chain(8);
  const head = headOf(entries);
  const at = (index: number): StoredLogEntry => {
    const entry = entries[index];
    if (!entry) throw new Error(`no entry ${index}`);
    return entry;
  };
  const position = fc.nat({ max: entries.length - 1 });
  const property = <T>(
    arbitrary: fc.Arbitrary<T>,
    holds: (value: T) => Promise<void>,
    numRuns = 300,
  ) => fc.assert(fc.asyncProperty(arbitrary, holds), { seed: SEED, numRuns });

  it(`finds any flipped bit of any stored entry, and names the entry (seed ${SEED})`, async () => {
    let found = 0;
    await property(
      fc.tuple(position, fc.nat(), fc.nat({ max: 7 })),
      async ([index, offset, bit]) => {
        const bytes = Buffer.from(JSON.stringify(at(index)));
        const where = offset % bytes.length;
        bytes[where] = (bytes[where] ?? 0) ^ (1 << bit);
        let value: unknown;
        try {
          value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
        } catch {
          value = undefined;
        }
        const changed: unknown[] = entries.with(index, value as StoredLogEntry);
        // `\u001f` and `\u001F` are one text: nothing was changed then.
        if (JSON.stringify(value) === JSON.stringify(at(index))) {
          expect(await judge(changed, head)).toBe('ok');
          return;
        }
        const [kind, seq] = await judge(changed, head);
        expect(seq).toBe(index);
        expect(['edited', 'malformed', 'wrong-run', 'missing']).toContain(kind);
        // "missing" is for entries whose own number was raised: what belongs there is not there.
        found += 1;
      },
      2_000,
    );
    expect(found).toBeGreaterThan(1_900);
  });

  it(`finds any deletion (seed ${SEED})`, async () => {
    await property(fc.tuple(position, fc.integer({ min: 1, max: 3 })), async ([index, count]) => {
      const cut = entries.toSpliced(index, count);
      const tail = index + count >= entries.length;
      const expected = tail ? ['truncated', index] : ['missing', index];
      expect(await judge(cut, head)).toEqual(expected);
      // Without the head a shorter log is as good as the whole.
      expect(await judge(cut)).toEqual(tail ? 'ok' : expected);
    });
  });

  it(`finds any insertion (seed ${SEED})`, async () => {
    const strangers = [
      (index: number) => seal(index, entries[index - 1]?.hash ?? GENESIS_HASH, said(99)),
      (index: number) => seal(index, 'f'.repeat(64), said(99)),
      (index: number) => ({ ...at(index), hash: 'f'.repeat(64) }),
      (index: number) => ({ ...at(index), event: said(99) }),
    ];
    await property(fc.tuple(position, fc.constantFrom(...strangers)), async ([index, stranger]) => {
      const grown = entries.toSpliced(index, 0, stranger(index));
      expect(await judge(grown, head)).toEqual(['inserted', index]);
      expect(await judge([...entries, seal(8, at(7).hash)], head)).toEqual(['inserted', 8]);
    });
  });

  it(`finds any copy (seed ${SEED})`, async () => {
    await property(fc.tuple(position, position), async ([from, to]) => {
      const [first, last] = from < to ? [from, to] : [to, from];
      const grown = entries.toSpliced(last + 1, 0, at(first));
      expect(await judge(grown, head)).toEqual(['duplicate', last + 1]);
    });
  });

  it(`finds any swap and any move (seed ${SEED})`, async () => {
    await property(fc.tuple(position, position), async ([one, other]) => {
      fc.pre(one !== other);
      const first = Math.min(one, other);
      const swapped = entries.with(one, at(other)).with(other, at(one));
      expect(await judge(swapped, head)).toEqual(['reordered', first]);
      const moved = entries.toSpliced(one, 1).toSpliced(other, 0, at(one));
      expect(await judge(moved, head)).toEqual(['reordered', first]);
    });
  });

  it(`finds an entry that was changed and sealed anew (seed ${SEED})`, async () => {
    await property(position, async (index) => {
      const forged = seal(index, at(index).prevHash, said(99));
      expect(await judge(entries.with(index, forged), head)).toEqual(['edited', index]);
    });
  });

  it(`finds, by the head, that all was sealed anew from some entry on (seed ${SEED})`, async () => {
    await property(position, async (index) => {
      const forged = chain(8, entries.slice(0, index), 'something else');
      expect(await judge(forged, head)).toEqual(['edited', 7]);
      expect(await judge(forged)).toBe('ok');
    });
  });

  it('finds entries of another run or tenant, and of another kind', async () => {
    const foreign = seal(3, at(2).hash, said(3), { ...where, tenantId: 'b' });
    expect(await judge(entries.with(3, foreign), head)).toEqual(['wrong-run', 3]);
    expect(await judge(entries.with(3, foreign))).toEqual(['wrong-run', 3]);
    expect(await judge(entries, { ...where, tenantId: 'b' })).toEqual(['wrong-run', 0]);
    for (const junk of [
      null,
      undefined,
      7,
      'text',
      [],
      {},
      { ...at(3), seq: -1 },
      { ...at(3), hash: 'A' },
    ]) {
      expect(await judge([...entries.slice(0, 3), junk], head)).toEqual(['malformed', 3]);
    }
  });

  it('takes a shorter or a longer log for what it is when the head is known', async () => {
    expect(await judge([], head)).toEqual(['truncated', 0]);
    expect(await judge(entries.slice(0, 5), { ...where, headHash: head.headHash })).toEqual([
      'truncated',
      5,
    ]);
    expect(await judge(entries, { ...where, length: 7 })).toEqual(['inserted', 7]);
  });
});
