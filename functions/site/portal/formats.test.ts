import { expect, it } from 'vitest';

import { parseDate, parseMoney } from './formats.ts';
import { createTheme } from './theme.ts';

it('writes money and dates as each variant does', () => {
  const shown = (['A', 'B', 'C', 'D'] as const).map((variant) => {
    const { formats } = createTheme(variant);
    return [formats.money(123_456_705), formats.money(5), formats.date('2026-03-07')];
  });
  expect(shown).toEqual([
    ['€1,234,567.05', '€0.05', '2026-03-07'],
    ['£1,234,567.05', '£0.05', '7 Mar 2026'],
    ['1,234,567.05 USD', '0.05 USD', '07/03/2026'],
    ['1.234.567,05\u00a0€', '0,05\u00a0€', '07.03.2026'],
  ]);
});

it.each([
  ['12', 1200],
  ['12.5', 1250],
  ['12,50', 1250],
  ['0.07', 7],
  ['', undefined],
  ['-1', undefined],
  ['1.234', undefined],
  ['1,234.50', undefined],
  ['1e3', undefined],
  ['99999999', undefined],
])('reads the amount %j as %j cents', (text, cents) => {
  expect(parseMoney(text)).toBe(cents);
});

it.each([
  ['2026-03-07', 'dd.mm.yyyy', '2026-03-07'],
  ['07.03.2026', 'dd.mm.yyyy', '2026-03-07'],
  ['07/03/2026', 'dd/mm/yyyy', '2026-03-07'],
  ['07x03x2026', 'dd.mm.yyyy', undefined],
  ['31/02/2026', 'dd/mm/yyyy', undefined],
  ['2026-02-30', 'yyyy-mm-dd', undefined],
  ['7/3/2026', 'dd/mm/yyyy', undefined],
  ['', 'yyyy-mm-dd', undefined],
])('reads the date %j (%s) as %j', (text, pattern, iso) => {
  expect(parseDate(text, pattern)).toBe(iso);
});
