import { z } from 'zod';

import { CommitRule, HarmlessEndpoint, HostRule } from './task-contract.ts';

/**
 * What every run of a tenant must keep to, whatever its request says: a floor that a request may only tighten.
 * Stored at `tenants/{tenantId}/policy/floor`. What is left out asks for nothing.
 */
export const TenantPolicy = z.strictObject({
  schemaVersion: z.literal(1).default(1),
  /** The only hosts whose documents runs may show. */
  navigate: z.array(HostRule).max(500).optional(),
  /** The only further hosts that sub-resources may come from. */
  resources: z.array(HostRule).max(500).optional(),
  /** The least that is asked: a run at a lower level is raised to it. */
  level: z.enum(['strict', 'standard', 'autonomous']).optional(),
  /** The only commits that a contract may name, so that they act without asking. */
  commits: z.array(CommitRule).max(500).optional(),
  /** The only secrets that runs may use. */
  secrets: z.array(z.string().max(63)).max(500).optional(),
  /** Endpoints that pass the wire gate in every run: telemetry, read-only queries. */
  harmless: z.array(HarmlessEndpoint).max(200).default([]),
  /** Ceilings of the budgets. */
  budgets: z
    .strictObject({
      steps: z.int().min(1).optional(),
      turns: z.int().min(1).optional(),
      promptTokens: z.int().min(1).optional(),
      outputTokens: z.int().min(1).optional(),
      timeMs: z.int().min(1_000).optional(),
    })
    .default({}),
});
export type TenantPolicy = z.infer<typeof TenantPolicy>;
