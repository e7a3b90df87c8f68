import { z } from 'zod';

import { TokenUse } from './run.ts';

/**
 * What planning has cost so far, of one run (`…/runs/{r}/ledger/total`), of one tenant (`tenants/{t}/ledger/total`) and of one tenant in
 * one day of UTC (`tenants/{t}/ledger/2026-11-22`). Only grows; every call to the model counts, also one that broke or was repeated.
 */
export const Ledger = z.strictObject({
  schemaVersion: z.literal(1),
  tokens: TokenUse.prefault({}),
  /** By the price table of the time, rounded up for each turn. */
  microUsd: z.int().min(0).default(0),
  calls: z.int().min(0).default(0),
  /** Calls whose tokens the service did not report, so that they were counted by length. */
  estimated: z.int().min(0).default(0),
  updatedAt: z.string(),
});
export type Ledger = z.infer<typeof Ledger>;
