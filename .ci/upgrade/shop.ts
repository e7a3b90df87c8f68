import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

import type { RunRequestInput } from '../../shared/contracts/run.ts';

/** Stored runs name it: it is the same in every release. */
const PORT = 21_847;
export const ORIGIN = `http://127.0.0.1:${PORT}`;

export interface Shop extends AsyncDisposable {
  /** References of what was ordered, in order. */
  readonly orders: string[];
  /** An order under this reference is taken, but never answered. */
  silentFor: string | undefined;
  /** Resolves when an order under this reference comes. */
  ordered(reference: string): Promise<unknown>;
}

const page = (title: string, body: string): string =>
  `<!doctype html><meta charset=utf-8><title>${title}</title><h1>${title}</h1>${body}`;
const HOME = page('Shop', '<p><a href="/prices">Prices</a> <a href="/order">Order</a>');
const PRICES = page(
  'Prices',
  '<table><tr><th>Item<th>Price<tr><td>Paper<td>4.95<tr><td>Pens<td>2.50</table>',
);
const ORDER = page(
  'Order',
  '<form method=post action=/order><label>Reference <input name=reference></label> <button>Order now</button></form>',
);

/** Pages that a stored run knows, and what was ordered there. */
export async function openShop(known: readonly string[] = []): Promise<Shop> {
  const orders = [...known];
  const taken = new EventEmitter();
  const shop: Shop = {
    orders,
    silentFor: undefined,
    ordered: async (reference) => once(taken, reference),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', ORIGIN);
    const html = (body: string): void => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(body);
    };
    if (pathname === '/order' && request.method === 'POST')
      void text(request).then((body) => {
        const reference = new URLSearchParams(body).get('reference') ?? '';
        orders.push(reference);
        taken.emit(reference);
        if (reference !== shop.silentFor) html(page('Thank you', `<p>${reference}`));
      });
    else if (pathname === '/orders') {
      const found = orders.includes(searchParams.get('ref') ?? '');
      html(page('Orders', found ? `<p>${searchParams.get('ref')}` : '<p>No such order'));
    } else if (pathname === '/prices') html(PRICES);
    else if (pathname === '/order') html(ORDER);
    else html(HOME);
  });
  server.listen(PORT, '127.0.0.1');
  await once(server, 'listening');
  return shop;
}

const READS = 'Go to "Prices"\nRead the rows of the table with "Item", "Price" in cents as prices';

/** Runs as they stand when an older version ends: one of each kind of waiting. */
export const STORED = {
  /** Nobody took it yet. */
  queued: { goal: `${READS}\nReturn prices`, url: `${ORIGIN}/` },
  /** Its executor died in the middle. */
  acting: { goal: `${READS}\nWait 8 seconds\nGo back\nReturn prices`, url: `${ORIGIN}/` },
  /** A person paused it. */
  paused: { goal: `Wait 5 seconds\n${READS}\nReturn prices`, url: `${ORIGIN}/` },
  /** It waits for a yes. */
  approval: {
    goal: 'Go to "Order"\nType "REF-YES" into "Reference"\nClick "Order now"\nWait for "REF-YES"\nReturn "ordered"',
    url: `${ORIGIN}/`,
  },
  /** Its executor died with an order on its way: whether it arrived, only the shop knows. */
  doubt: {
    goal: 'Go to "Order"\nType {{input.reference}} into "Reference"\nClick "Order now"\nReturn "ordered"',
    url: `${ORIGIN}/`,
    inputs: { reference: 'REF-DOUBT' },
    contract: {
      navigate: [ORIGIN],
      commits: [{ name: 'Order now', origin: ORIGIN }],
      probes: [
        {
          commit: 'Order now',
          url: `${ORIGIN}/orders?ref={{input.reference}}`,
          text: '{{input.reference}}',
          absent: 'No such order',
        },
      ],
    },
  },
} as const satisfies Readonly<Record<string, RunRequestInput>>;
export type StoredKind = keyof typeof STORED;
