import { z } from 'zod';

/**
 * A request with an unsafe method (not GET, HEAD or OPTIONS) that was paused while a step acted, before it left. `url` has no fragment;
 * a query is part of it. `bodyDigest` is keyed by the run's salt; `unseen` when the browser did not give the body.
 */
export const WireRequest = z.strictObject({
  method: z.string().max(20),
  url: z.string().max(2_000),
  origin: z.string().max(300),
  /** What the browser wanted it for: `document`, `xhr`, `fetch`, `ping` (beacons too), … */
  resource: z.string().max(40),
  bodyDigest: z.string().max(100),
  /** It sends the fields of a form. */
  form: z.boolean().default(false),
});
export type WireRequest = z.infer<typeof WireRequest>;

/** What became of a paused request, and why. */
export const GatedRequest = WireRequest.extend({
  verdict: z.enum(['passed', 'failed']),
  by: z.enum(['harmless', 'named', 'level', 'approval', 'person', 'policy']),
  reason: z.string().max(500),
});
export type GatedRequest = z.infer<typeof GatedRequest>;

/** All that was paused while one step acted. */
export const GateReport = z.strictObject({
  requests: z.array(GatedRequest).max(50),
  /** Requests beyond those listed, which were judged like them. */
  more: z.int().min(0).default(0),
  /** At least one unsafe request left that was neither a beacon nor marked harmless, to the site of the control itself. */
  commits: z.boolean().default(false),
  /** A person is asked about a request; it did not leave. */
  held: z.boolean().default(false),
});
export type GateReport = z.infer<typeof GateReport>;
