import { z } from 'zod';

import {
  DeliveryId,
  DeliveryStatus,
  WebhookDelivery,
  WebhookId,
} from '../../../shared/contracts/webhook.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { Query } from '../../../shared/state/state-store.ts';
import { TenantScope } from '../../../shared/tenants/tenant-scope.ts';
import { route, type Route } from '../route.ts';
import { PageQuery, pageOf } from './page-query.ts';

const DeliveryParams = z.strictObject({ deliveryId: DeliveryId });
const DeliveryQuery = PageQuery.extend({
  status: DeliveryStatus.optional(),
  webhookId: WebhookId.optional(),
});

export const DELIVERY_ROUTES: readonly Route[] = [
  route({
    operationId: 'listDeliveries',
    method: 'get',
    path: '/v1/webhook-deliveries',
    tag: 'webhooks',
    summary: 'List deliveries, newest first',
    description: 'Those that are not pending any more are kept for 30 days.',
    access: 'tenant.manage',
    query: DeliveryQuery,
    replies: { 200: { description: 'A page', body: pageOf('deliveries', WebhookDelivery) } },
    handle: async ({ deps, tenantId, query: { status, webhookId, ...page } }) => {
      const where: NonNullable<Query['where']> = [
        ...(status === undefined ? [] : [{ field: 'status', op: '==' as const, value: status }]),
        ...(webhookId === undefined
          ? []
          : [{ field: 'webhookId', op: '==' as const, value: webhookId }]),
      ];
      const { items, next } = await new TenantScope(deps.store, tenantId).webhookDeliveries.page({
        ...page,
        where,
        orderBy: { field: 'createdAt', direction: 'desc' },
      });
      const deliveries = items.map(({ data }) => data);
      return { body: { deliveries, ...(next !== undefined && { next }) } };
    },
  }),
  route({
    operationId: 'getDelivery',
    method: 'get',
    path: '/v1/webhook-deliveries/{deliveryId}',
    tag: 'webhooks',
    summary: 'Read a delivery: its event, and how the last attempt ended',
    access: 'tenant.manage',
    params: DeliveryParams,
    replies: { 200: { description: 'The delivery', body: WebhookDelivery } },
    handle: async ({ deps, tenantId, params: { deliveryId } }) => {
      const { webhookDeliveries } = new TenantScope(deps.store, tenantId);
      return { body: (await webhookDeliveries.get(deliveryId)).data };
    },
  }),
  route({
    operationId: 'replayDelivery',
    method: 'post',
    path: '/v1/webhook-deliveries/{deliveryId}/replay',
    tag: 'webhooks',
    summary: 'Send an event again, under the same id, to where its webhook leads now',
    access: 'tenant.manage',
    params: DeliveryParams,
    replies: { 202: { description: 'It is due now', body: WebhookDelivery } },
    handle: async ({ deps, tenantId, params: { deliveryId } }) => {
      const { webhookDeliveries } = new TenantScope(deps.store, tenantId);
      const before = await webhookDeliveries.get(deliveryId);
      const { purgeAt: _kept, ...delivery } = before.data;
      const now = deps.clock.iso();
      const data: WebhookDelivery = {
        ...delivery,
        status: 'pending',
        attempts: 0,
        nextAttemptAt: now,
        replayedAt: now,
        updatedAt: now,
      };
      await webhookDeliveries.update(deliveryId, data, before.version);
      const { runId } = data.event.data;
      await deps.bus
        .publish({ type: 'delivery.due', schemaVersion: 1, tenantId, runId, deliveryId })
        .catch((error: unknown) => {
          // It stands in the store: the next tick finds it.
          const { message } = AppError.from(error);
          deps.log.warn('a due delivery was not announced', { deliveryId, error: message });
        });
      return { status: 202, body: data };
    },
  }),
];
