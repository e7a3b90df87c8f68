import { z } from 'zod';

/** Who owns a run's browser session, at `…/runs/{r}/lease/current`. Judged by the store's clock, never by wall clocks. */
export const Lease = z.strictObject({
  schemaVersion: z.literal(1),
  tenantId: z.string(),
  runId: z.string(),
  leaseEpoch: z.int().min(1),
  holder: z.string(),
  /** Renewals so far, so that each renewal changes the document. */
  renewals: z.int(),
  released: z.boolean(),
});
export type Lease = z.infer<typeof Lease>;
