import { z } from 'zod';

import { SecretName } from './secret.ts';

/**
 * What a person gave one run to type, such as a code that came by text message: sealed under the run's key, gone when the run has ended.
 * Stored at `tenants/{tenantId}/runs/{runId}/given/{name}`.
 */
export const GivenSecret = z.strictObject({
  schemaVersion: z.literal(1),
  name: SecretName,
  /** Where it may be typed: the page that was shown when it was asked for. */
  origin: z.string(),
  sealed: z.base64(),
});
export type GivenSecret = z.infer<typeof GivenSecret>;
