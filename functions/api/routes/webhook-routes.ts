import { z } from 'zod';

import { appendTenantEvent } from '../../../shared/audit/tenant-log.ts';
import {
  ChangeWebhookRequest,
  CreateWebhookRequest,
  IssuedWebhook,
  MAX_WEBHOOKS,
  RotateWebhookRequest,
  Webhook,
  WebhookId,
} from '../../../shared/contracts/webhook.ts';
import type { TenantEvent } from '../../../shared/contracts/tenant-event.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { randomId } from '../../../shared/core/ids.ts';
import { TenantScope } from '../../../shared/tenants/tenant-scope.ts';
import { tenantSettings } from '../../../shared/tenants/tenant-settings.ts';
import { webhookSecret, WEBHOOK_KEY } from '../../../shared/tenants/webhook-signature.ts';
import type { ApiContext } from '../api-deps.ts';
import { assertMatches } from '../entity-tag.ts';
import { route, type Route } from '../route.ts';
import { PageQuery, pageOf } from './page-query.ts';

const WebhookParams = z.strictObject({ webhookId: WebhookId });

/** What could never be sent to is refused now; the address itself is judged at each attempt. */
async function assertReachable(deps: ApiContext, tenantId: string, url: string): Promise<void> {
  const { webhooks } = await tenantSettings(deps.store, tenantId);
  deps.webhookRule(url, webhooks?.privateHosts ?? []);
}

/** The entry comes first, as with secrets: where events go must not change unseen. */
async function note(
  deps: ApiContext,
  actor: string,
  what: Extract<TenantEvent, { type: 'webhook.changed' }>['what'],
  { tenantId, webhookId, url }: Webhook,
): Promise<void> {
  const { origin } = new URL(url);
  await appendTenantEvent(deps, tenantId, actor, {
    type: 'webhook.changed',
    webhookId,
    what,
    origin,
  });
}

async function issued(deps: ApiContext, webhook: Webhook): Promise<IssuedWebhook> {
  return { secret: webhookSecret(await deps.derive(WEBHOOK_KEY), webhook), webhook };
}

export const WEBHOOK_ROUTES: readonly Route[] = [
  route({
    operationId: 'createWebhook',
    method: 'post',
    path: '/v1/webhooks',
    tag: 'webhooks',
    summary: 'Have events of runs sent to an endpoint',
    description:
      'Events are CloudEvents in JSON, signed as the Standard Webhooks specification says (`webhook-id`, `webhook-timestamp`, `webhook-signature`). The secret is in this answer and in none after.',
    access: 'tenant.manage',
    body: CreateWebhookRequest,
    replies: { 201: { description: 'The webhook, and its secret', body: IssuedWebhook } },
    handle: async ({ deps, identity, tenantId, body }) => {
      await assertReachable(deps, tenantId, body.url);
      const { webhooks } = new TenantScope(deps.store, tenantId);
      if ((await webhooks.page({ limit: MAX_WEBHOOKS })).items.length >= MAX_WEBHOOKS)
        throw new AppError('quota_exceeded', `a tenant has ${MAX_WEBHOOKS} webhooks at most`);
      const now = deps.clock.iso();
      const webhook: Webhook = {
        schemaVersion: 1,
        tenantId,
        webhookId: randomId('wh'),
        ...body,
        secretVersion: 1,
        createdBy: identity.principal,
        createdAt: now,
        updatedAt: now,
      };
      await note(deps, identity.principal, 'made', webhook);
      await webhooks.create(webhook.webhookId, webhook);
      return { status: 201, body: await issued(deps, webhook) };
    },
  }),
  route({
    operationId: 'listWebhooks',
    method: 'get',
    path: '/v1/webhooks',
    tag: 'webhooks',
    summary: 'List webhooks, never their secrets',
    access: 'tenant.manage',
    query: PageQuery,
    replies: { 200: { description: 'A page', body: pageOf('webhooks', Webhook) } },
    handle: async ({ deps, tenantId, query }) => {
      const { items, next } = await new TenantScope(deps.store, tenantId).webhooks.page(query);
      const webhooks = items.map(({ data }) => data);
      return { body: { webhooks, ...(next !== undefined && { next }) } };
    },
  }),
  route({
    operationId: 'getWebhook',
    method: 'get',
    path: '/v1/webhooks/{webhookId}',
    tag: 'webhooks',
    summary: 'Read a webhook',
    access: 'tenant.manage',
    params: WebhookParams,
    replies: { 200: { description: 'The webhook', body: Webhook, headers: ['etag'] } },
    handle: async ({ deps, tenantId, params: { webhookId } }) => {
      const { data, version } = await new TenantScope(deps.store, tenantId).webhooks.get(webhookId);
      return { body: data, version };
    },
  }),
  route({
    operationId: 'changeWebhook',
    method: 'patch',
    path: '/v1/webhooks/{webhookId}',
    tag: 'webhooks',
    summary: 'Change a webhook, or turn it off and on',
    description: 'Deliveries that are pending while it is off are set aside; replay sends them.',
    access: 'tenant.manage',
    params: WebhookParams,
    body: ChangeWebhookRequest,
    headers: ['if-match'],
    replies: { 200: { description: 'The webhook', body: Webhook, headers: ['etag'] } },
    handle: async ({ deps, identity, tenantId, params: { webhookId }, body, ifMatch }) => {
      if (body.url !== undefined) await assertReachable(deps, tenantId, body.url);
      const { webhooks } = new TenantScope(deps.store, tenantId);
      const before = await webhooks.get(webhookId);
      assertMatches(ifMatch, before.version);
      const given = Object.fromEntries(
        Object.entries(body).filter(([, value]) => value !== undefined),
      );
      const data: Webhook = { ...before.data, ...given, updatedAt: deps.clock.iso() };
      await note(deps, identity.principal, 'changed', data);
      const { version } = await webhooks.update(webhookId, data, before.version);
      return { body: data, version };
    },
  }),
  route({
    operationId: 'rotateWebhook',
    method: 'post',
    path: '/v1/webhooks/{webhookId}/rotate',
    tag: 'webhooks',
    summary: 'Replace the secret of a webhook',
    description: 'For `overlapMs` each delivery is signed with both secrets.',
    access: 'tenant.manage',
    params: WebhookParams,
    body: RotateWebhookRequest,
    bodyOptional: true,
    replies: { 200: { description: 'The webhook, and its new secret', body: IssuedWebhook } },
    handle: async ({ deps, identity, tenantId, params: { webhookId }, body }) => {
      const { webhooks } = new TenantScope(deps.store, tenantId);
      const before = await webhooks.get(webhookId);
      const { previousSecretUntil: _before, ...kept } = before.data;
      const until = new Date(deps.clock.nowMs() + body.overlapMs).toISOString();
      const data: Webhook = {
        ...kept,
        secretVersion: kept.secretVersion + 1,
        ...(body.overlapMs > 0 && { previousSecretUntil: until }),
        updatedAt: deps.clock.iso(),
      };
      await note(deps, identity.principal, 'rotated', data);
      await webhooks.update(webhookId, data, before.version);
      return { body: await issued(deps, data) };
    },
  }),
  route({
    operationId: 'removeWebhook',
    method: 'delete',
    path: '/v1/webhooks/{webhookId}',
    tag: 'webhooks',
    summary: 'Remove a webhook; nothing more is sent there',
    access: 'tenant.manage',
    params: WebhookParams,
    headers: ['if-match'],
    replies: { 204: { description: 'It is gone' } },
    handle: async ({ deps, identity, tenantId, params: { webhookId }, ifMatch }) => {
      const { webhooks } = new TenantScope(deps.store, tenantId);
      const { data, version } = await webhooks.get(webhookId);
      assertMatches(ifMatch, version);
      await note(deps, identity.principal, 'removed', data);
      await webhooks.delete(webhookId, version);
      return { status: 204 };
    },
  }),
];
