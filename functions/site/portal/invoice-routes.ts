import { Router } from 'express';
import { text } from '../http-rules.ts';
import { findInvoice, listInvoices } from './invoice-book.ts';
import { invoicePage, invoicesPage } from './invoice-pages.ts';
import { invoicePdf } from './invoice-pdf.ts';
import { readInvoiceQuery, selectInvoices } from './invoice-query.ts';
import { paymentsPage } from './payment-pages.ts';
import type { Portal } from './portal-context.ts';

export function invoiceRoutes(portal: Portal): Router {
  const { theme, ledger } = portal;
  const router = Router();

  router.get('/invoices', (request, response) => {
    const query = readInvoiceQuery(theme, request.query);
    response.send(invoicesPage(portal, query, selectInvoices(theme, listInvoices(portal), query)));
  });

  router.get('/invoices/:number', (request, response, next) => {
    const invoice = findInvoice(portal, request.params.number);
    if (invoice === undefined) next();
    else response.send(invoicePage(portal, invoice));
  });

  // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Express 5 hands rejections to the error handler
  router.get('/invoices/:number/pdf', async (request, response, next) => {
    const invoice = findInvoice(portal, request.params.number);
    if (invoice === undefined) {
      next();
      return;
    }
    const pdf = await invoicePdf(theme, portal.data.company, invoice);
    ledger.append({
      kind: 'download',
      effect: false,
      data: { invoice: invoice.number, bytes: pdf.length },
    });
    response.attachment(`${invoice.number}.pdf`).type('application/pdf').send(Buffer.from(pdf));
  });

  router.get('/payments', (request, response) => {
    const asked = findInvoice(portal, text(request.query, 'invoice'));
    const unpaid = listInvoices(portal).find(({ status }) => status !== 'paid');
    response.send(paymentsPage(portal, asked ?? unpaid));
  });

  return router;
}
