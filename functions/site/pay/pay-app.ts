import express from 'express';
import type { Express } from 'express';
import { clientScripts } from '../client-scripts.ts';
import {
  failures,
  latency,
  notFound,
  sameOriginPosts,
  securityHeaders,
  text,
} from '../http-rules.ts';
import type { Portal } from '../portal/portal-context.ts';
import { cardFields, checkoutPage, payStyles, receiptPage } from './pay-pages.ts';
import type { CardField, Charge } from './pay-pages.ts';

/** The payment provider: another origin that shows itself inside the portal's page. */
export function createPayApp(portal: Portal, latencyMs: number): Express {
  const { theme, ledger, origins } = portal;
  const app = express();
  app.disable('x-powered-by');
  app.use(securityHeaders(() => ({ ancestors: origins.portal })));
  app.use(latency(latencyMs));
  app.get('/__health', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/assets/pay.css', (_request, response) => {
    response.type('text/css').send(payStyles);
  });
  app.use(clientScripts(['checkout']));

  /** The amount is never taken from the request. */
  const chargeFor = (number: string): Charge | undefined => {
    const invoice = portal.data.invoices.find((candidate) => candidate.number === number);
    return invoice === undefined ? undefined : { invoice: number, amountCents: invoice.totalCents };
  };

  app.get('/checkout', (request, response, next) => {
    const charge = chargeFor(text(request.query, 'invoice'));
    if (charge === undefined) next();
    else response.send(checkoutPage(theme, charge, {}, false));
  });

  app.use(sameOriginPosts);
  app.post(
    '/pay',
    express.urlencoded({ extended: false, limit: '8kb', parameterLimit: 20 }),
    (request, response, next) => {
      const charge = chargeFor(text(request.body, 'invoice'));
      if (charge === undefined) {
        next();
        return;
      }
      const read = (name: CardField): string => text(request.body, theme.field(name), 120);
      const card = read('card-number').replaceAll(/[\s-]/g, '');
      const expiry = /^(0[1-9]|1[0-2])\s?\/\s?\d\d$/;
      if (
        !/^\d{12,19}$/.test(card) ||
        !expiry.test(read('card-expiry')) ||
        !/^\d{3,4}$/.test(read('card-code')) ||
        read('card-name') === ''
      ) {
        const kept = Object.fromEntries(
          cardFields.filter((name) => name !== 'card-code').map((name) => [name, read(name)]),
        );
        response.status(422).send(checkoutPage(theme, charge, kept, true));
        return;
      }
      const { seq } = ledger.append({
        kind: 'payment',
        marker: read('payment-note'),
        data: { ...charge, cardLastFour: card.slice(-4) },
      });
      response.send(receiptPage(theme, `R-${1000 + seq}`, origins.portal));
    },
  );
  app.use(notFound, failures);
  return app;
}
