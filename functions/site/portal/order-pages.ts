import { html } from '../html.ts';
import { page } from './layout.ts';
import type { Portal } from './portal-context.ts';
import type { Order } from './portal-data.ts';
import { fill } from './theme.ts';

const shownOrders = 100;

export function ordersPage(portal: Portal, orders: readonly Order[], reference: string): string {
  const { css, field, wording, formats } = portal.theme;
  return page(portal, {
    title: wording.orders,
    section: 'orders',
    body: html`<h1>${wording.orders}</h1>
      <p class="${css('actions')}">
        <a class="${css('primary')}" href="/orders/new">${wording.newOrder}</a>
      </p>
      <form class="${css('filters')}" method="get" action="/orders" role="search">
        <div class="${css('field')}">
          <label for="${field('ref')}">${wording.findReference}</label
          ><input id="${field('ref')}" name="ref" value="${reference}" />
        </div>
        <div class="${css('actions')}">
          <button class="${css('secondary')}">${wording.find}</button>
        </div>
      </form>
      <table class="${css('table')}">
        <thead>
          <tr>
            <th scope="col">${wording.orderNumber}</th>
            <th scope="col">${wording.reference}</th>
            <th scope="col">${wording.supplier}</th>
            <th scope="col">${wording.raisedOn}</th>
            <th scope="col" class="${css('number')}">${wording.total}</th>
          </tr>
        </thead>
        <tbody>
          ${orders.slice(0, shownOrders).map(
            (order) =>
              html`<tr>
                <td><a href="/orders/${order.number}">${order.number}</a></td>
                <td>${order.reference}</td>
                <td>${order.supplier}</td>
                <td>${formats.date(order.raisedOn)}</td>
                <td class="${css('number')}">${formats.money(order.totalCents)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
      ${orders.length === 0 && html`<p>${wording.noOrders}</p>`}`,
  });
}

export function orderPage(portal: Portal, order: Order, raised: boolean): string {
  const { css, wording, formats } = portal.theme;
  const title = fill(wording.orderTitle, { number: order.number });
  return page(portal, {
    title,
    section: 'orders',
    notice: raised ? fill(wording.orderRaised, { number: order.number }) : undefined,
    body: html`<h1>${title}</h1>
      <dl class="${css('facts')}">
        <div>
          <dt>${wording.reference}</dt>
          <dd>${order.reference}</dd>
        </div>
        <div>
          <dt>${wording.supplier}</dt>
          <dd>${order.supplier}</dd>
        </div>
        <div>
          <dt>${wording.item}</dt>
          <dd>${order.item}</dd>
        </div>
        <div>
          <dt>${wording.quantity}</dt>
          <dd>${order.quantity}</dd>
        </div>
        <div>
          <dt>${wording.unitPrice}</dt>
          <dd>${formats.money(order.unitCents)}</dd>
        </div>
        <div>
          <dt>${wording.total}</dt>
          <dd><strong>${formats.money(order.totalCents)}</strong></dd>
        </div>
        <div>
          <dt>${wording.neededBy}</dt>
          <dd>${formats.date(order.neededBy)}</dd>
        </div>
        <div>
          <dt>${wording.raisedOn}</dt>
          <dd>${formats.date(order.raisedOn)}</dd>
        </div>
      </dl>
      <p><a href="/orders">${wording.orders}</a></p>`,
  });
}
