import { z } from 'zod';

import { Principal, Role } from './identity.ts';
import { TenantId } from './run.ts';

/** What a tenant may use; a limit that is absent does not hold. */
export const Quotas = z.strictObject({
  /** Runs that have an executor at once; further ones wait in `queued`. */
  concurrentRuns: z.int().min(1).max(1_000).optional(),
  /** Runs that have not ended; further ones are refused. */
  openRuns: z.int().min(1).max(10_000).optional(),
  /** Prompt, output and thought tokens of a day of UTC. */
  tokensPerDay: z.int().min(1).optional(),
  microUsdPerDay: z.int().min(1).optional(),
  /** Bytes of artifacts of runs that have ended. */
  storageBytes: z.int().min(1).optional(),
});
export type Quotas = z.infer<typeof Quotas>;

/** What publishing to the tenant's topic `rodex-runs-{tenant}` may do. */
export const RunTopic = z.strictObject({
  enabled: z.boolean().default(false),
  /** Whoever may publish there has this role. */
  role: Role.default('operator'),
  /** Topics that a request may name for its replies. */
  replyTopics: z
    .array(z.string().regex(/^[A-Za-z][\w.~+%-]{2,254}$/, 'the id of a Pub/Sub topic'))
    .max(20)
    .default([]),
});
export type RunTopic = z.infer<typeof RunTopic>;

/** What a tenant's webhooks may reach beside public addresses: exact `host:port`, set by an admin of the platform. */
export const WebhookReach = z.strictObject({
  privateHosts: z
    .array(
      z
        .string()
        .max(270)
        .regex(
          /^(\[[0-9a-f:]+\]|[a-z0-9.-]+):\d{1,5}$/,
          'host:port in lower case, such as 10.1.2.3:8080',
        ),
    )
    .max(50)
    .default([]),
});
export type WebhookReach = z.infer<typeof WebhookReach>;

/** Runs are removed from the store so many days after they ended; their signed entries stay in the archive. Absent: they are kept. */
const RetentionDays = z.int().min(1).max(3_650);

/** At `tenants/{t}`. A tenant without a document has no limits and no topic. */
export const Tenant = z.strictObject({
  schemaVersion: z.literal(1),
  tenantId: TenantId,
  name: z.string().max(100),
  quotas: Quotas.default({}),
  runTopic: RunTopic.prefault({}),
  webhooks: WebhookReach.optional(),
  retentionDays: RetentionDays.optional(),
  createdBy: Principal,
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type Tenant = z.infer<typeof Tenant>;

/** Body of `PUT /v1/tenants/{tenantId}`. */
export const SetTenantRequest = z.strictObject({
  name: z.string().trim().min(1).max(100),
  quotas: Quotas.default({}),
  runTopic: RunTopic.prefault({}),
  webhooks: WebhookReach.optional(),
  retentionDays: RetentionDays.optional(),
});
export type SetTenantRequest = z.infer<typeof SetTenantRequest>;
