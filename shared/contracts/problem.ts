import { z } from 'zod';

import { ErrorCode } from './error-code.ts';

/** Body of every HTTP error: problem details (RFC 9457), media type `application/problem+json`. */
export const Problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: ErrorCode,
  /** What was wrong in the body, field by field. */
  errors: z.array(z.strictObject({ field: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof Problem>;

/** Body of `POST /v1/runs/{id}/answers`. */
export const AnswerRequest = z.strictObject({
  requestId: z.string().min(1).max(100),
  /** approval: approve, deny. uncertain: acted, not-acted. input: the text. */
  answer: z.string().min(1).max(10_000),
});
export type AnswerRequest = z.infer<typeof AnswerRequest>;

/** Body of `POST /v1/runs/{id}/cancel`. */
export const CancelRequest = z.strictObject({ reason: z.string().max(1_000).default('') });

/** Body of `GET /v1/runs/{id}/audit`. */
export const AuditVerdict = z.strictObject({
  verified: z.boolean(),
  entries: z.int(),
  headHash: z.string().optional(),
  /** First bad entry and the kind of damage. */
  seq: z.int().optional(),
  damage: z.string().optional(),
  message: z.string(),
});
export type AuditVerdict = z.infer<typeof AuditVerdict>;
