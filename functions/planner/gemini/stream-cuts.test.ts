import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { systemClock } from '../../../shared/core/clock.ts';
import { createPlanParser } from './plan-parser.ts';
import { play, playRaw, type ByteScript } from './__fixtures__/byte-stream.ts';
import { closedBefore, THREE_TURNS, type RecordedAnswer } from './__fixtures__/three-turns.ts';

const wireOf = ({ payloads }: RecordedAnswer, end = '\r\n\r\n'): string =>
  payloads.map((payload) => `data: ${payload}${end}`).join('');
const instant = { ...systemClock, sleep: async () => undefined };

describe('a recorded conversation of three turns, cut at every byte', () => {
  it.each(THREE_TURNS.map((recorded, turn) => [turn + 1, recorded] as const))(
    'turn %i gives exactly the items that had closed',
    async (_turn, recorded) => {
      const wire = wireOf(recorded);
      const bytes = Buffer.from(wire);
      const last = bytes.length - '\r\n\r\n'.length;
      let wrong = 0;
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        const end = cut % 2 === 0 ? 'end' : 'reset';
        const seen = await play({ bytes: [bytes.subarray(0, cut)], end });
        const expected = recorded.items.slice(0, closedBefore(recorded, wire, cut));
        if (JSON.stringify(seen.items) !== JSON.stringify(expected)) wrong += 1;
        const whole = cut >= last && end === 'end';
        expect(seen.last, `cut at ${cut}`).toMatchObject(
          whole
            ? { type: 'turn.completed', itemsClosed: recorded.items.length }
            : { type: 'turn.broken', itemsClosed: expected.length },
        );
      }
      expect(wrong).toBe(0);
    },
    60_000,
  );

  it('the control: a parser that repairs what was cut makes up steps', () => {
    const { text, items } = THREE_TURNS[0]!;
    let invented = 0;
    for (let cut = 0; cut <= text.length; cut += 1) {
      const parser = createPlanParser();
      const closed = parser.write(text.slice(0, cut)).filter(({ kind }) => kind === 'step').length;
      expect(closed).toBeLessThanOrEqual(items.length);
      for (const rest of ['}]}', '"}]}', ']}']) {
        try {
          const repaired = JSON.parse(text.slice(0, cut) + rest) as { steps?: unknown[] };
          if ((repaired.steps?.length ?? 0) > closed) invented += 1;
        } catch {
          // Not every prefix can be repaired.
        }
      }
    }
    expect(invented).toBeGreaterThan(20);
  });

  it('a turn that broke before its first item is asked again, once it has closed one it is not', async () => {
    const recorded = THREE_TURNS[0]!;
    const bytes = Buffer.from(wireOf(recorded));
    for (let cut = 0; cut < bytes.length; cut += 37) {
      let call = 0;
      const script = (): ByteScript =>
        call++ === 0 ? { bytes: [bytes.subarray(0, cut)], end: 'reset' } : { bytes: [bytes] };
      const seen = await play(script, { maxAttempts: 2, clock: instant });
      const closed = closedBefore(recorded, bytes.toString(), cut);
      expect(seen.attempts).toBe(closed === 0 ? 2 : 1);
      expect(seen.items).toEqual(closed === 0 ? recorded.items : recorded.items.slice(0, closed));
    }
  });
});

const ends = fc.constantFrom('\n\n', '\r\n\r\n', '\r\r', '\r\n\n');
const noise = fc.constantFrom(
  '',
  '',
  ': ping\n\n',
  ':\r\n',
  'event: message\n',
  'id: 7\r\nretry: 10\r\n',
  '\n\n',
);

interface Stream {
  readonly wire: string;
  readonly pieces: readonly Uint8Array[];
}

/** The answer with line ends, keep-alives, repeated chunks and cuts of the network anywhere. */
function streamOf(recorded: RecordedAnswer, repeats: boolean): fc.Arbitrary<Stream> {
  const event = fc.tuple(noise, ends, repeats ? fc.integer({ min: 1, max: 3 }) : fc.constant(1));
  return fc
    .array(event, { minLength: recorded.payloads.length, maxLength: recorded.payloads.length })
    .map((around) =>
      recorded.payloads
        .map((payload, index) => {
          const [before, end, times] = around[index]!;
          return `${before}${`data: ${payload}${end}`.repeat(times)}`;
        })
        .join(''),
    )
    .chain((wire) => {
      const bytes = Buffer.from(wire);
      return fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 40 }).map((cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        return { wire, pieces: at.slice(1).map((to, index) => bytes.subarray(at[index], to)) };
      });
    });
}

describe('any stream of a recorded answer', () => {
  const recorded = fc.constantFrom(...THREE_TURNS);

  it('gives the whole plan, in order, each item once, however it was cut, repeated and padded', async () => {
    await fc.assert(
      fc.asyncProperty(
        recorded.chain((one) => fc.tuple(fc.constant(one), streamOf(one, true))),
        async ([one, { pieces }]) => {
          const seen = await play({ bytes: pieces });
          expect(seen.items).toEqual(one.items);
          expect(seen.last?.type).toBe('turn.completed');
        },
      ),
      { numRuns: 150 },
    );
  });

  it('gives a prefix of the plan when it breaks, and never more than had come', async () => {
    await fc.assert(
      fc.asyncProperty(
        recorded.chain((one) =>
          fc.tuple(
            fc.constant(one),
            streamOf(one, false),
            fc.nat(60),
            fc.constantFrom('end' as const, 'reset' as const),
          ),
        ),
        async ([one, { wire, pieces }, kept, end]) => {
          const came = pieces.slice(0, kept);
          const bytes = came.reduce((sum, piece) => sum + piece.length, 0);
          const seen = await play({ bytes: came, end });
          expect(seen.items).toEqual(one.items.slice(0, closedBefore(one, wire, bytes)));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('the control: the SDK alone loses or repeats items in such streams', async () => {
    const damaged = await Promise.all(
      fc
        .sample(streamOf(THREE_TURNS[0]!, true), { numRuns: 60, seed: 3 })
        .map(async ({ pieces }) => playRaw({ bytes: pieces })),
    );
    const wrong = damaged.filter(
      ({ items, end }) =>
        end !== 'STOP' || JSON.stringify(items) !== JSON.stringify(THREE_TURNS[0]!.items),
    );
    expect(wrong.length).toBeGreaterThan(30);
  });
});
