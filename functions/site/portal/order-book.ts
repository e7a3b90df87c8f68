import type { OrderDraft } from './order-rules.ts';
import type { Portal } from './portal-context.ts';
import type { Order } from './portal-data.ts';

/** Newest first. The ledger is the only memory of orders, so a restart loses none. */
export function listOrders(portal: Portal): Order[] {
  const raised = portal.ledger.entries().filter(({ kind }) => kind === 'order');
  return [...portal.data.orders, ...raised.map(({ data }) => data['order'] as Order)].toReversed();
}

/** Every call is one more order, also for a form that was already sent: that is how most sites behave. */
export function raiseOrder(portal: Portal, draft: OrderDraft): Order {
  const raised = portal.ledger.entries().filter(({ kind }) => kind === 'order').length;
  const order: Order = {
    ...draft,
    number: `PO-${portal.data.firstOrderNumber + raised}`,
    totalCents: draft.quantity * draft.unitCents,
    raisedOn: new Date(portal.now()).toISOString().slice(0, 10),
  };
  portal.ledger.append({ kind: 'order', marker: order.reference, data: { order } });
  return order;
}
