import { Router } from 'express';
import { text } from '../http-rules.ts';
import { listOrders, raiseOrder } from './order-book.ts';
import { orderFormPage } from './order-form-page.ts';
import { orderPage, ordersPage } from './order-pages.ts';
import { checkOrder, emptyOrder, readOrderForm } from './order-rules.ts';
import type { Portal } from './portal-context.ts';

export function orderRoutes(portal: Portal): Router {
  const router = Router();

  router.get('/orders', (request, response) => {
    const reference = text(request.query, 'ref');
    const orders = listOrders(portal).filter(
      (order) => reference === '' || order.reference === reference,
    );
    response.send(ordersPage(portal, orders, reference));
  });

  router.get('/orders/new', (request, response) => {
    const nativeConfirm = text(request.query, 'confirm') === 'native';
    response.send(orderFormPage(portal, { values: emptyOrder, nativeConfirm }));
  });

  router.post('/orders', (request, response) => {
    const values = readOrderForm(portal.theme, request.body);
    const checked = checkOrder(portal.theme, portal.data.suppliers, values);
    if ('errors' in checked) {
      const nativeConfirm = text(request.query, 'confirm') === 'native';
      response
        .status(422)
        .send(orderFormPage(portal, { values, errors: checked.errors, nativeConfirm }));
      return;
    }
    const order = raiseOrder(portal, checked.draft);
    response.redirect(303, `/orders/${order.number}?raised`);
  });

  router.get('/orders/:number', (request, response, next) => {
    const order = listOrders(portal).find(({ number }) => number === request.params.number);
    if (order === undefined) next();
    else response.send(orderPage(portal, order, 'raised' in request.query));
  });

  return router;
}
