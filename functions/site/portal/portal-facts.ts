import type { Formats } from './formats.ts';
import type { Invoice, PortalData } from './portal-data.ts';

export interface InvoiceFact {
  readonly number: string;
  readonly path: string;
  readonly dateIso: string;
  /** As the pages write it. */
  readonly dateShown: string;
  readonly totalCents: number;
  /** As the pages write it. */
  readonly totalShown: string;
}

/** Ground truth for tests: what a correct run must have read. */
export interface PortalFacts {
  readonly company: string;
  readonly displayName: string;
  readonly invoiceCount: number;
  readonly pageSize: number;
  readonly suppliers: readonly string[];
  readonly categories: readonly string[];
  /** All invoices, newest first. */
  readonly invoices: readonly InvoiceFact[];
  /** `YYYY-MM`. */
  readonly newestMonth: string;
  /** Newest first; 3 to 6 of them, so they fit on the first page. */
  readonly newestMonthInvoices: readonly InvoiceFact[];
  readonly newestMonthTotalCents: number;
  readonly newestMonthTotalShown: string;
  readonly newestInvoice: InvoiceFact;
  readonly largestOfNewestMonth: InvoiceFact;
  /** Of all months; never one of the newest month. */
  readonly largestInvoice: InvoiceFact;
  readonly openingOrders: readonly {
    readonly number: string;
    readonly reference: string;
    readonly totalShown: string;
  }[];
}

export const pageSize = 10;

export function portalFacts(data: PortalData, formats: Formats): PortalFacts {
  const factOf = ({ number, date, totalCents }: Invoice): InvoiceFact => ({
    number,
    path: `/invoices/${encodeURIComponent(number)}`,
    dateIso: date,
    dateShown: formats.date(date),
    totalCents,
    totalShown: formats.money(totalCents),
  });
  const invoices = data.invoices
    .map(factOf)
    .toSorted((left, right) => (left.dateIso < right.dateIso ? 1 : -1));
  const newestInvoice = invoices[0] as InvoiceFact;
  const newestMonth = newestInvoice.dateIso.slice(0, 7);
  const newestMonthInvoices = invoices.filter(({ dateIso }) => dateIso.startsWith(newestMonth));
  const newestMonthTotalCents = newestMonthInvoices.reduce(
    (sum, { totalCents }) => sum + totalCents,
    0,
  );
  return {
    company: data.company,
    displayName: data.displayName,
    invoiceCount: invoices.length,
    pageSize,
    suppliers: data.suppliers,
    categories: data.categories,
    invoices,
    newestMonth,
    newestMonthInvoices,
    newestMonthTotalCents,
    newestMonthTotalShown: formats.money(newestMonthTotalCents),
    newestInvoice,
    largestOfNewestMonth: largest(newestMonthInvoices),
    largestInvoice: largest(invoices),
    openingOrders: data.orders.map(({ number, reference, totalCents }) => ({
      number,
      reference,
      totalShown: formats.money(totalCents),
    })),
  };
}

function largest(invoices: readonly InvoiceFact[]): InvoiceFact {
  return invoices.reduce((best, invoice) =>
    invoice.totalCents > best.totalCents ? invoice : best,
  );
}
