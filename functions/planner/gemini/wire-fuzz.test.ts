import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Action } from '../../../shared/contracts/action.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { createSseReader } from './sse-reader.ts';
import { WIRE_ARGUMENTS } from './wire-schema.ts';
import { toAction } from './wire-step.ts';

const seed = Math.trunc(Math.random() * 2 ** 31);

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    'e1',
    '@5,6',
    'https://a.example/',
    '',
    null,
    true,
    -1,
    1e308,
    'javascript:1',
  ),
);
/** Steps with the right names and any values, wrong names among them. */
const step = fc.oneof(
  { arbitrary: fc.jsonValue({ maxDepth: 3 }), weight: 1 },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(...WIRE_ARGUMENTS.keys())
      .chain((action) =>
        fc
          .uniqueArray(
            fc.tuple(
              fc.constantFrom(
                ...(WIRE_ARGUMENTS.get(action) ?? []).map(({ name }) => name),
                '__proto__',
                'constructor',
                'why',
                'x',
              ),
              value,
            ),
            { maxLength: 5, selector: ([name]) => name },
          )
          .map((fields): unknown =>
            JSON.parse(
              `{"action":${JSON.stringify(action)}${fields.map(([name, given]) => `,${JSON.stringify(name)}:${JSON.stringify(given)}`).join('')}}`,
            ),
          ),
      ),
  },
);

describe(`steps that a model made up (seed ${seed})`, () => {
  it('become an action of the contract or a bounded word of what is wrong, never a throw', () => {
    let good = 0;
    let bad = 0;
    fc.assert(
      fc.property(step, (item) => {
        const parsed = toAction(item);
        if (parsed.action) {
          good += 1;
          expect(Action.safeParse(parsed.action).success).toBe(true);
        } else {
          bad += 1;
          expect(parsed.invalid.message.length).toBeLessThanOrEqual(2_000);
          expect(parsed.invalid.received.length).toBeLessThanOrEqual(4_000);
        }
        expect('polluted' in {}).toBe(false);
      }),
      { seed, numRuns: 3_000 },
    );
    expect(good).toBeGreaterThan(10);
    expect(bad).toBeGreaterThan(100);
  });
});

/** Cuts bytes at any places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [
    0,
    ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b),
    bytes.length,
  ];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

const places = fc.array(fc.nat({ max: 10_000 }), { maxLength: 12 });
const ends = fc.constantFrom('\n', '\r\n', '\r');

describe(`streams that a server made up (seed ${seed})`, () => {
  it('give each payload once, in order, wherever they are cut and however lines end', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 8 }),
        places,
        ends,
        fc.constantFrom('', ': note', 'event: x', 'id: 7', 'retry: 10'),
        (payloads, cuts, end, more) => {
          const wire = payloads
            .map(
              (payload) =>
                `${more === '' ? '' : more + end}data: ${JSON.stringify(payload)}${end}${end}`,
            )
            .join('');
          const got: string[] = [];
          const reader = createSseReader(1_000_000, (payload) => got.push(payload));
          for (const chunk of cut(Buffer.from(wire), cuts)) reader.push(chunk);
          reader.end();
          expect(got).toEqual(payloads.map((payload) => JSON.stringify(payload)));
        },
      ),
      { seed, numRuns: 1_000 },
    );
  });

  it('are read, or refused as broken, whatever their bytes are', () => {
    let broken = 0;
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(`data: ${text}\n\n`)),
      fc
        .jsonValue()
        .map((payload) => Buffer.from(`data: ${JSON.stringify(payload)}\n\ndata: {"candidates":[`)),
    );
    fc.assert(
      fc.property(bytes, places, (given, cuts) => {
        const read = createSseReader(200, () => undefined);
        try {
          for (const chunk of cut(Buffer.from(given), cuts)) read.push(chunk);
          read.end();
        } catch (error) {
          broken += 1;
          expect(AppError.from(error).code).toBe('model_stream_broken');
        }
      }),
      { seed, numRuns: 2_000 },
    );
    expect(broken).toBeGreaterThan(20);
  });
});
