import { z } from 'zod';

import { Principal } from './identity.ts';
import { HttpUrl, TenantId } from './run.ts';
import { RunEvent, RunEventType } from './run-event.ts';

export const WebhookId = z
  .string()
  .regex(/^wh_[0-9a-z]{20}$/, 'a webhook id: wh_ and 20 characters');
export const DeliveryId = z
  .string()
  .regex(/^whd_[0-9a-z]{20}$/, 'a delivery id: whd_ and 20 characters');

/** As many as a tenant may have. */
export const MAX_WEBHOOKS = 50;

const settings = {
  name: z.string().trim().min(1).max(100),
  /** https, at a public address; others only where whoever runs the platform opened them. */
  url: HttpUrl,
  /** Which events are sent. */
  events: z
    .array(RunEventType)
    .min(1)
    .max(RunEventType.options.length)
    .default([...RunEventType.options]),
  enabled: z.boolean().default(true),
};

/** Body of `POST /v1/webhooks`. */
export const CreateWebhookRequest = z.strictObject(settings);
export type CreateWebhookRequest = z.infer<typeof CreateWebhookRequest>;

/** Body of `PATCH /v1/webhooks/{webhookId}`: what is left out stays. */
export const ChangeWebhookRequest = z.strictObject({
  name: settings.name.optional(),
  url: settings.url.optional(),
  events: z.array(RunEventType).min(1).max(RunEventType.options.length).optional(),
  enabled: z.boolean().optional(),
});
export type ChangeWebhookRequest = z.infer<typeof ChangeWebhookRequest>;

/**
 * Where a tenant's events go, at `tenants/{t}/webhooks/{webhookId}`. Its secret is stored nowhere: it follows from the platform's key, the
 * webhook and `secretVersion`.
 */
export const Webhook = z.strictObject({
  schemaVersion: z.literal(1),
  tenantId: TenantId,
  webhookId: WebhookId,
  ...settings,
  secretVersion: z.int().min(1),
  /** Until then the secret before this one signs as well. */
  previousSecretUntil: z.iso.datetime().optional(),
  createdBy: Principal,
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type Webhook = z.infer<typeof Webhook>;

/** The one answer that holds a webhook's secret. */
export const IssuedWebhook = z.strictObject({
  secret: z.string().describe('shown once: whsec_…, as the Standard Webhooks libraries take it'),
  webhook: Webhook,
});
export type IssuedWebhook = z.infer<typeof IssuedWebhook>;

/** Body of `POST /v1/webhooks/{webhookId}/rotate`: how long the old secret signs beside the new one. */
export const RotateWebhookRequest = z.strictObject({
  overlapMs: z
    .int()
    .min(0)
    .max(30 * 86_400_000)
    .default(86_400_000),
});

/** `dead`: not tried any more, until it is replayed. */
export const DeliveryStatus = z.enum(['pending', 'delivered', 'dead']);
export type DeliveryStatus = z.infer<typeof DeliveryStatus>;

export const DeliveryAttempt = z.strictObject({
  at: z.iso.datetime(),
  ms: z.int().min(0),
  /** HTTP status of the answer; absent: there was none. */
  status: z.int().optional(),
  /** Why it did not arrive. */
  error: z.string().max(300).optional(),
  /** The beginning of the answer, as the endpoint gave it: words of somebody else. */
  response: z.string().max(256).optional(),
});
export type DeliveryAttempt = z.infer<typeof DeliveryAttempt>;

/** One event for one webhook, at `tenants/{t}/webhookDeliveries/{deliveryId}`; the id follows from both. */
export const WebhookDelivery = z.strictObject({
  schemaVersion: z.literal(1),
  tenantId: TenantId,
  deliveryId: DeliveryId,
  webhookId: WebhookId,
  event: RunEvent,
  status: DeliveryStatus,
  /** Since it was created, or replayed. */
  attempts: z.int().min(0),
  /** While pending. */
  nextAttemptAt: z.iso.datetime().optional(),
  lastAttempt: DeliveryAttempt.optional(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  replayedAt: z.iso.datetime().optional(),
  /** When it is forgotten; once it is not pending any more. */
  purgeAt: z.iso.datetime().optional(),
});
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;
