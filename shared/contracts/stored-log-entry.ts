import { z } from 'zod';

import { LogEvent } from './log-entry.ts';
import { RunId, TenantId } from './run.ts';
import { TenantEvent } from './tenant-event.ts';

/** Raised whenever policy answers a question differently than the release before. In every entry's header. */
export const POLICY_VERSION = 'rodex-policy/1';

/** Stands for a run's id in the entries of a tenant's own log. */
export const TENANT_LOG = 'tenant';

const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * An entry as the store and an export keep it. The event is encrypted under the run's key (`sealed`: nonce, tag and ciphertext of
 * AES-256-GCM, base64); the header holds the SHA-256 of exactly those bytes (`payload`). `hash` is SHA-256 over the canonical JSON
 * (RFC 8785) of everything but `hash` and `sealed`: when the run's key is destroyed the chain still verifies. An event that must
 * outlive the key (`run.erased`) stands in clear, as `event`.
 */
export const StoredLogEntry = z.strictObject({
  schemaVersion: z.literal(1),
  tenantId: TenantId,
  runId: z.union([RunId, z.literal(TENANT_LOG)]),
  seq: z.int().min(0),
  /** Wall time of the process that wrote it, ISO 8601. */
  at: z.string(),
  actor: z.string(),
  policy: z.string().optional(),
  /** The event's type: kept after erasure. */
  type: z.string().optional(),
  payload: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .optional(),
  event: z.union([LogEvent, TenantEvent]).optional(),
  prevHash: Sha256Hex,
  hash: Sha256Hex,
  sealed: z.base64().optional(),
});
export type StoredLogEntry = z.infer<typeof StoredLogEntry>;

/** The key of one run, encrypted by the platform's. Deleting it is what erases the run's log. At `…/key/current`. */
export const StoredRunKey = z.strictObject({
  schemaVersion: z.literal(1),
  /** Names the key that encrypts it. */
  by: z.string(),
  wrapped: z.string(),
});
export type StoredRunKey = z.infer<typeof StoredRunKey>;
