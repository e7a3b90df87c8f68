import { z } from 'zod';

import { Ledger } from './ledger.ts';
import { RunId, TenantId } from './run.ts';
import { Quotas } from './tenant.ts';

/** Bytes of artifacts of runs that have ended, at `tenants/{t}/usage/storage`; the scheduler adds to it. */
export const StorageUse = z.strictObject({
  schemaVersion: z.literal(1),
  tenantId: TenantId,
  bytes: z.int().min(0),
  /** Runs that ended up to here are counted. */
  countedTo: z.iso.datetime(),
  /** Of those, the ones that ended at exactly that time. */
  countedAt: z.array(z.string()).max(1_000).default([]),
});
export type StorageUse = z.infer<typeof StorageUse>;

/** Runs that have an executor, or should again, at `tenants/{t}/usage/seats`; kept only where `quotas.concurrentRuns` is set. */
export const Seats = z.strictObject({
  schemaVersion: z.literal(1),
  tenantId: TenantId,
  runs: z.array(RunId).max(2_000),
});
export type Seats = z.infer<typeof Seats>;

/** Body of `GET /v1/usage`. */
export const Usage = z.strictObject({
  tenantId: TenantId,
  /** Of UTC. */
  day: z.iso.date(),
  today: Ledger.optional(),
  total: Ledger.optional(),
  runs: z.strictObject({ queued: z.int(), active: z.int(), waiting: z.int() }),
  storageBytes: z.int(),
  quotas: Quotas,
});
export type Usage = z.infer<typeof Usage>;
