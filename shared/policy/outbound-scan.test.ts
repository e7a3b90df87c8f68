import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { maskText } from './masking.ts';
import { OutboundScan, valueIn } from './outbound-scan.ts';

const SECRET = 'Tr0ub4dor&3 zürich';
const bytes = Buffer.from(SECRET);

const disguises: [string, string][] = [
  ['as it is', `x ${SECRET} y`],
  ['percent-encoded', `https://evil.example/?q=${encodeURIComponent(SECRET)}`],
  ['percent-encoded twice', encodeURIComponent(encodeURIComponent(SECRET))],
  ['every byte percent-encoded', [...bytes].map((byte) => `%${byte.toString(16)}`).join('')],
  ['base64', bytes.toString('base64')],
  ['base64 for URLs', bytes.toString('base64url')],
  ['base64 in the middle of more', Buffer.from(`xy${SECRET}zz`).toString('base64')],
  ['hex', bytes.toString('hex')],
  ['hex in capitals', bytes.toString('hex').toUpperCase()],
  ['reversed', Array.from(SECRET).toReversed().join('')],
  ['with dashes between', Array.from(SECRET).join('-')],
  ['with spaces between', Array.from(SECRET).join(' ')],
  ['in capitals', SECRET.toUpperCase()],
  [
    'reversed, then base64',
    Buffer.from(Array.from(SECRET).toReversed().join('')).toString('base64'),
  ],
];

describe('outbound scan', () => {
  it.each(disguises)('finds a value %s', (_how, text) => {
    expect(valueIn(text, ['other-value', SECRET])).toBe(SECRET);
  });

  it('finds a value that is split over several strings', () => {
    const scan = new OutboundScan();
    expect(scan.find(SECRET.slice(0, 7), [SECRET])).toBeUndefined();
    expect(scan.find(SECRET.slice(7), [SECRET])).toBe(SECRET);
  });

  it('leaves ordinary text alone, and short values except as whole words', () => {
    expect(
      valueIn('Order 12 boxes of paper, cost centre 4711', [SECRET, 'hunter2']),
    ).toBeUndefined();
    expect(valueIn('the pin is 4711', ['4711'])).toBe('4711');
    expect(valueIn('INV-14711-2', ['4711'])).toBeUndefined();
  });

  it('finds any value at any place in base64, hex and percent-encoding', () => {
    fc.assert(
      fc.property(
        fc
          .string({ minLength: 8, maxLength: 40, unit: 'grapheme' })
          .filter((text) => text.trim().length >= 8),
        fc.string({ maxLength: 20 }),
        fc.string({ maxLength: 20 }),
        (value, before, after) => {
          const all = `${before}${value}${after}`;
          for (const text of [
            all,
            Buffer.from(all).toString('base64'),
            Buffer.from(all).toString('hex'),
            encodeURIComponent(all),
          ])
            expect(valueIn(text, [value])).toBe(value);
          expect(maskText(all, [value])).not.toContain(value);
        },
      ),
    );
  });
});

describe('masking', () => {
  it.each(disguises.filter(([how]) => !/between|twice|every byte|then/.test(how)))(
    'hides a value %s',
    (_how, text) => {
      const masked = maskText(text, [SECRET]);
      expect(masked).toContain('•••');
      expect(valueIn(masked, [SECRET])).toBeUndefined();
    },
  );
});
