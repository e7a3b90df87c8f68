import { expect, it } from 'vitest';

import { invoiceLink, readInvoiceQuery, selectInvoices } from './invoice-query.ts';
import { generatePortalData } from './portal-data.ts';
import { portalFacts } from './portal-facts.ts';
import { createTheme } from './theme.ts';

const theme = createTheme('A');
const data = generatePortalData(1, theme.formats.invoicePrefix);
const facts = portalFacts(data, theme.formats);
const select = (query: Record<string, string>) =>
  selectInvoices(theme, data.invoices, readInvoiceQuery(theme, query));

it('sorts by date over all pages without losing or repeating a row', () => {
  const seen = [1, 2, 3, 4].flatMap((page) =>
    select({ sort: 'date', dir: 'desc', page: String(page) }).rows.map(({ number }) => number),
  );
  expect(seen).toEqual(facts.invoices.map(({ number }) => number));
});

it('sorts totals as numbers, both ways', () => {
  const up = select({ sort: 'total', dir: 'asc' }).rows.map(({ totalCents }) => totalCents);
  expect(up).toEqual(up.toSorted((left, right) => left - right));
  expect(select({ sort: 'total', dir: 'desc' }).rows[0]?.number).toBe(facts.largestInvoice.number);
});

it('filters by status, category and date together', () => {
  const [category = ''] = data.categories;
  const from = `${facts.newestMonth.slice(0, 4)}-01-15`;
  const expected = data.invoices.filter(
    (invoice) => invoice.status === 'open' && invoice.category === category && invoice.date >= from,
  );
  expect(select({ status: 'open', category, from }).count).toBe(expected.length);
  expect(select({ category: 'none of ours' })).toMatchObject({ count: 0, page: 1, pages: 1 });
});

it('falls back to defaults on nonsense and shows the last page for one too far', () => {
  expect(readInvoiceQuery(theme, { sort: '__proto__', dir: 'x', page: '-1', status: '%' })).toEqual(
    { sort: 'number', dir: 'asc', page: 1, status: '', category: '', from: '' },
  );
  expect(select({ page: '99' }).page).toBe(4);
  expect(select({ from: 'soon' }).count).toBe(data.invoices.length);
});

it('keeps filters in links', () => {
  const query = readInvoiceQuery(theme, { category: 'A & B', page: '3' });
  const link = new URL(invoiceLink(query, { sort: 'date', page: 2 }), 'http://site.test');
  expect(Object.fromEntries(link.searchParams)).toEqual({
    sort: 'date',
    dir: 'asc',
    page: '2',
    category: 'A & B',
  });
});
