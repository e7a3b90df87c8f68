import { z } from 'zod';

import { RunId } from './run.ts';

/**
 * How a tenant's credential is being used, across runs: who logs in with it now, which log-ins failed within the last hour, and the last
 * window of time whose one-time code was typed. Holds no value. Stored at `tenants/{tenantId}/credentialUses/{name}`.
 */
export const CredentialUse = z.strictObject({
  schemaVersion: z.literal(1),
  name: z.string(),
  /** The run that logs in; the document's age says whether it still can be. */
  heldBy: RunId.optional(),
  /** ISO 8601, oldest first. */
  failedAt: z.array(z.string()).max(100),
  /** Number of the period of the one-time code, counted from 1970. */
  totpWindow: z.int().min(0).optional(),
});
export type CredentialUse = z.infer<typeof CredentialUse>;
