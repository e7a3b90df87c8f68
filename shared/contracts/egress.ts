import { z } from 'zod';

/** Why something did not leave the browser. */
export const EgressReason = z.enum([
  /** The task contract does not list the host. */
  'origin',
  /** A port that no web page needs. */
  'port',
  /** A cloud's metadata service, by name or address. */
  'metadata',
  /** The address, or one of those that the name resolved to, is not a public one. */
  'address',
  /** The lease of the run is over. */
  'lease',
  /** The run has used up what it may send and receive. */
  'bytes',
  /** The run has as many connections open as it may. */
  'connections',
  /** No request that a browser makes. */
  'malformed',
  /** A server dropped a connection with a request unanswered; the browser's own repetition of it is refused. */
  'repetition',
]);
export type EgressReason = z.infer<typeof EgressReason>;

/** One refusal on the way out. */
export const EgressRefusal = z.strictObject({
  host: z.string().max(260),
  port: z.int().min(0).max(65_535),
  reason: EgressReason,
  /** For a person: what was wrong, and what to add if it should be allowed. */
  detail: z.string().max(500),
});
export type EgressRefusal = z.infer<typeof EgressRefusal>;
