import { html } from '../html.ts';
import { page } from './layout.ts';
import type { Portal } from './portal-context.ts';
import type { Invoice } from './portal-data.ts';
import { fill } from './theme.ts';

export function paymentsPage(portal: Portal, invoice: Invoice | undefined): string {
  const { theme, origins } = portal;
  const { css, wording, formats } = theme;
  const received = portal.ledger.entries().filter(({ kind }) => kind === 'payment');
  return page(portal, {
    title: wording.payments,
    section: 'payments',
    scripts: ['payments'],
    body: html`<h1>${wording.payments}</h1>
      ${
        invoice !== undefined &&
        html`<section class="${css('card')}">
          <h2>${fill(wording.paymentFor, { number: invoice.number })}</h2>
          <p>${wording.amountDue}: <strong>${formats.money(invoice.totalCents)}</strong></p>
          <p
            class="${css('notice')}"
            role="status"
            data-payment-result="${wording.paymentReceived}"
            hidden
          ></p>
          <iframe
            class="${css('pay')}"
            title="${wording.payments}"
            data-pay-origin="${origins.pay}"
            src="${origins.pay}/checkout?invoice=${encodeURIComponent(invoice.number)}"
          ></iframe>
        </section>`
      }
      ${
        received.length > 0 &&
        html`<h2>${wording.paymentReceived}</h2>
          <ul>
            ${received.map(({ data }) => html`<li>${fill(wording.invoiceTitle, { number: String(data['invoice']) })}: ${formats.money(Number(data['amountCents']))}</li>`)}
          </ul>`
      }`,
  });
}
