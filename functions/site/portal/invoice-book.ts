import type { Portal } from './portal-context.ts';
import type { Invoice } from './portal-data.ts';

/** The generated invoices, with those paid since shown as paid. */
export function listInvoices(portal: Portal): Invoice[] {
  const paid = new Set(
    portal.ledger
      .entries()
      .filter(({ kind }) => kind === 'payment')
      .map(({ data }) => data['invoice']),
  );
  return portal.data.invoices.map((invoice) =>
    paid.has(invoice.number) ? { ...invoice, status: 'paid' } : invoice,
  );
}

export function findInvoice(portal: Portal, number: string): Invoice | undefined {
  return listInvoices(portal).find((invoice) => invoice.number === number);
}
