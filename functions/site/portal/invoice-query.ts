import { text } from '../http-rules.ts';
import { parseDate } from './formats.ts';
import type { Invoice, InvoiceStatus } from './portal-data.ts';
import { pageSize } from './portal-facts.ts';
import type { InvoiceColumn, Theme } from './theme.ts';

export interface InvoiceQuery {
  readonly sort: InvoiceColumn;
  readonly dir: 'asc' | 'desc';
  readonly page: number;
  readonly status: InvoiceStatus | '';
  readonly category: string;
  /** As typed; only a real date filters. */
  readonly from: string;
}

export interface InvoicePage {
  readonly rows: readonly Invoice[];
  readonly count: number;
  readonly page: number;
  readonly pages: number;
}

export function readInvoiceQuery(theme: Theme, query: unknown): InvoiceQuery {
  const sort = theme.columns.find((column) => column === text(query, 'sort')) ?? 'number';
  const status =
    (['open', 'paid', 'overdue'] as const).find((known) => known === text(query, 'status')) ?? '';
  const page = Number(text(query, 'page', 6));
  return {
    sort,
    dir: text(query, 'dir') === 'desc' ? 'desc' : 'asc',
    page: Number.isInteger(page) && page > 0 ? page : 1,
    status,
    category: text(query, 'category', 60),
    from: text(query, 'from', 20),
  };
}

/** The query as a link, leaving out what is at its default. */
export function invoiceLink(query: InvoiceQuery, change: Partial<InvoiceQuery>): string {
  const next = { ...query, ...change };
  const parameters = new URLSearchParams();
  for (const name of ['sort', 'dir', 'page', 'status', 'category', 'from'] as const) {
    const value = String(next[name]);
    if (value !== '' && !(name === 'page' && value === '1')) parameters.set(name, value);
  }
  return `/invoices?${parameters.toString()}`;
}

export function selectInvoices(
  theme: Theme,
  invoices: readonly Invoice[],
  query: InvoiceQuery,
): InvoicePage {
  const from = parseDate(query.from, theme.formats.datePattern);
  const sign = query.dir === 'asc' ? 1 : -1;
  const matching = invoices
    .filter(
      (invoice) =>
        (query.status === '' || invoice.status === query.status) &&
        (query.category === '' || invoice.category === query.category) &&
        (from === undefined || invoice.date >= from),
    )
    .toSorted(
      (left, right) => sign * compare(left, right, query.sort) || compare(left, right, 'number'),
    );
  const pages = Math.max(1, Math.ceil(matching.length / pageSize));
  const page = Math.min(query.page, pages);
  return {
    rows: matching.slice((page - 1) * pageSize, page * pageSize),
    count: matching.length,
    page,
    pages,
  };
}

function compare(left: Invoice, right: Invoice, column: InvoiceColumn): number {
  if (column === 'total') return left.totalCents - right.totalCents;
  if (left[column] === right[column]) return 0;
  return left[column] < right[column] ? -1 : 1;
}
