import { expect, it } from 'vitest';

import { checkOrder } from './order-rules.ts';
import type { OrderValues } from './order-rules.ts';
import { createTheme } from './theme.ts';

const theme = createTheme('A');
const good: OrderValues = {
  supplier: 'Alder Ltd',
  item: 'Boxes',
  quantity: '12',
  'unit-price': '2.05',
  reference: 'R-1',
  'needed-by': '2026-12-01',
  terms: 'yes',
};
const check = (change: Partial<OrderValues>) =>
  checkOrder(theme, ['Alder Ltd'], { ...good, ...change });

it('turns a good form into a draft in integer cents', () => {
  expect(check({})).toEqual({
    draft: {
      supplier: 'Alder Ltd',
      item: 'Boxes',
      quantity: 12,
      unitCents: 205,
      reference: 'R-1',
      neededBy: '2026-12-01',
    },
  });
});

it.each([
  ['supplier', 'Somebody else'],
  ['item', ''],
  ['reference', 'x'.repeat(121)],
  ['quantity', '0'],
  ['quantity', '1.5'],
  ['quantity', '10000'],
  ['unit-price', '0'],
  ['unit-price', 'free'],
  ['needed-by', '2026-02-30'],
  ['terms', ''],
] as const)('names the one wrong field: %s = %j', (field, value) => {
  const checked = check({ [field]: value });
  expect('errors' in checked && Object.keys(checked.errors)).toEqual([field]);
});

it('leaves no place in a message unfilled, in any variant', () => {
  const empty = Object.fromEntries(Object.keys(good).map((name) => [name, ''])) as OrderValues;
  for (const variant of ['A', 'B', 'C', 'D'] as const) {
    const checked = checkOrder(createTheme(variant), [], empty);
    const messages = Object.values('errors' in checked ? checked.errors : {});
    expect(messages).toHaveLength(7);
    expect(messages.join()).not.toMatch(/[{}]/);
  }
});
