import { z } from 'zod';

/** What belongs to no run: an entry of a tenant's own log. In clear: it holds names and digests, never values. */
export const TenantEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('secret.set'),
    name: z.string(),
    origins: z.array(z.string()),
    /** A value was there before. */
    rotated: z.boolean(),
  }),
  z.strictObject({ type: z.literal('secret.removed'), name: z.string() }),
  /** Where events of the tenant's runs go from now on: what was done (made, changed, rotated, removed), and the endpoint's origin. */
  z.strictObject({
    type: z.literal('webhook.changed'),
    webhookId: z.string(),
    what: z.enum(['made', 'changed', 'rotated', 'removed', 'gone']),
    origin: z.string(),
  }),
  /** The key that signs checkpoints, when it is used for the first time, and whenever it is another. */
  z.strictObject({ type: z.literal('key.signing'), key: z.string() }),
  z.strictObject({
    type: z.literal('config.changed'),
    digest: z.string(),
    /** Settings and the digest of each value that differs from the last time. */
    changed: z.record(z.string(), z.string()),
  }),
  z.strictObject({
    type: z.literal('access'),
    /** What was done: export, show, prove, read. */
    what: z.string(),
    runId: z.string().optional(),
  }),
  /**
   * A request to the API, or what a person at a terminal did in its place. One that changes something stands twice: when it is begun, and with
   * its result; one without a second entry was cut short, and may have changed something or not.
   */
  z.strictObject({
    type: z.literal('request'),
    /** Of the route table: setMember, getRunLog. */
    operation: z.string(),
    /** The path with what it names: /v1/members/ada@example.com. */
    target: z.string().optional(),
    result: z.enum(['begun', 'done', 'refused', 'failed']),
    /** Of a refusal or failure. */
    code: z.string().optional(),
    /** Number of the entry with which it began. */
    begun: z.int().optional(),
    /** What was made. */
    made: z.string().optional(),
    /** What the change is, as far as the route says that it may stand here. */
    details: z.record(z.string(), z.json()).optional(),
  }),
  z.strictObject({ type: z.literal('erasure'), runId: z.string(), reason: z.string() }),
  /** A run whose documents were removed when its time was up. Its entries stay in the export. */
  z.strictObject({
    type: z.literal('pruned'),
    runId: z.string(),
    entries: z.int(),
    headHash: z.string(),
    endedAt: z.string(),
  }),
  z.strictObject({
    type: z.literal('damage'),
    runId: z.string(),
    seq: z.int().optional(),
    damage: z.string(),
  }),
]);
export type TenantEvent = z.infer<typeof TenantEvent>;
