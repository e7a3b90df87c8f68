import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseCents, parseNumber } from './amounts.ts';
import { isDayFirst, parseDate } from './dates.ts';
import { urlFits } from './expectation.ts';
import { kept, typed } from './rows.ts';

describe('amounts', () => {
  it.each([
    ['1.234,56 €', 123_456],
    ['$1,234.56', 123_456],
    ['€ 99', 9_900],
    ['1 234,50', 123_450],
    ['1\u202f234,50 €', 123_450],
    ["CHF 1'234.05", 123_405],
    ['-12.30', -1_230],
    ['−12,30 €', -1_230],
    ['(12.00)', -1_200],
    ['USD 1,234', 123_400],
    ['1.234 €', 123_400],
    ['0.1', 10],
    ['19.99', 1_999],
    ['1.005', 100_500],
    ['12,5', 1_250],
    ['Total: $1,234,567.89 incl. tax', 123_456_789],
    ['1.234.567,89', 123_456_789],
    ['0,125 €', 13],
    ['EUR 1.00', 100],
  ])('%s is %d cents', (text, cents) => expect(parseCents(text)).toBe(cents));
  it.each([
    ['n/a', undefined],
    ['', undefined],
    ['3.14', 3.14],
    ['1.500', 1.5],
    ['1,500', 1500],
    ['-7', -7],
    ['42 items', 42],
  ])('%s is the number %s', (text, number) => expect(parseNumber(text)).toBe(number));
  it('reads back whatever either notation writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e11, max: 1e11 }), (cents) => {
        const sign = cents < 0 ? '-' : '';
        const [whole, part] = [
          String(Math.floor(Math.abs(cents) / 100)),
          String(Math.abs(cents) % 100).padStart(2, '0'),
        ];
        const grouped = (by: string): string => whole.replace(/\B(?=(\d{3})+$)/g, by);
        for (const text of [
          `${sign}${grouped(',')}.${part}`,
          `${sign}${grouped('.')},${part} €`,
          `${sign}$${grouped(',')}.${part}`,
        ])
          expect(parseCents(text)).toBe(cents);
      }),
    );
  });
});

describe('dates', () => {
  it.each([
    ['12 Mar 2026', '2026-03-12'],
    ['12.03.2026', '2026-03-12'],
    ['03/12/2026', '2026-03-12'],
    ['13/12/2026', '2026-12-13'],
    ['March 12, 2026', '2026-03-12'],
    ['12. März 2026', '2026-03-12'],
    ['2026-03-12', '2026-03-12'],
    ['2026/3/2', '2026-03-02'],
    ['Due: 1 September 2026', '2026-09-01'],
    ['2026-03-12T10:00:00Z', '2026-03-12T10:00:00Z'],
    ['12-Mar-26', '2026-03-12'],
    ['March 2026', '2026-03-01'],
    ['31.12.99', '1999-12-31'],
    ['31.02.2026', undefined],
    ['soon', undefined],
  ])('%s is %s', (text, date) => expect(parseDate(text)).toBe(date));
});

describe('kept rows', () => {
  const rows = [
    { n: 1, d: '2026-01-05', t: 'Paid' },
    { n: 3, d: '2026-03-01', t: 'Open' },
    { n: null, d: '2026-03-09', t: 'open' },
    { n: 3, d: '2025-12-31', t: 'Void' },
  ];
  it.each([
    [{ field: 'n', op: 'largest' as const }, [1]],
    [{ field: 'n', op: 'smallest' as const }, [0]],
    [{ field: 'd', op: 'newest' as const }, [2]],
    [{ field: 'd', op: 'oldest' as const }, [3]],
    [{ field: 'd', op: 'newest-month' as const }, [1, 2]],
    [{ field: 't', op: 'equals' as const, value: 'OPEN' }, [1, 2]],
    [{ field: 't', op: 'contains' as const, value: 'p' }, [0, 1, 2]],
    [{ field: 'n', op: 'equals' as const, value: '3' }, [1, 3]],
  ])('%o', (keep, places) => expect(kept(rows, keep)).toEqual(places.map((place) => rows[place])));
  it('types cells', () => {
    expect([
      typed('$2', 'cents'),
      typed('x', 'number'),
      typed(null, 'text'),
      typed('3 May 2026', 'date'),
      typed(' a ', 'text'),
    ]).toEqual([200, null, null, '2026-05-03', ' a ']);
  });
});

describe('expected addresses', () => {
  it.each([
    ['https://a.test/orders/7?x=1', '/orders', true],
    ['https://a.test/orders/7', 'orders/', true],
    ['https://a.test/orders/7', '/order/', false],
    ['https://a.test/orders/7', '/orders/*', true],
    ['https://a.test/orders/7', '*/7', true],
    ['https://a.test/x', 'https://a.test/', true],
    ['https://a.test/x', 'https://b.test/*', false],
    ['https://a.test/a+b', '/a+*', true],
  ])('%s fits %s: %s', (url, wanted, fits) => expect(urlFits(url, wanted)).toBe(fits));
});

describe('a column of dates', () => {
  it('has the day first when one of its dates can only be read so', () => {
    expect(isDayFirst(['03/11/2026', '21/11/2026', null])).toBe(true);
    expect(isDayFirst(['03/11/2026', '04/11/2026'])).toBe(false);
    expect(isDayFirst(['03/21/2026', '21/03/2026'])).toBe(false);
    expect(typed('03/11/2026', 'date', true)).toBe('2026-11-03');
    expect(typed('03/11/2026', 'date')).toBe('2026-03-11');
  });
});
