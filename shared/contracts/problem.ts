import { z } from 'zod';

import { ErrorCode } from './error-code.ts';
import { HumanRequest, RunId } from './run.ts';

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
  /** approval: approve, deny. uncertain: acted, not-acted. input: the text. secret: the value, which no log keeps. take-over: done. */
  answer: z.string().min(1).max(10_000),
  /** Approval: what the person saw; a yes to anything else is refused. */
  commitDigest: z.string().max(200).optional(),
});
export type AnswerRequest = z.infer<typeof AnswerRequest>;

/** Body of `POST /v1/runs/{id}/approvals/{requestId}`. */
export const DecisionRequest = z.strictObject({
  decision: z.enum(['approve', 'deny']),
  /** What the person saw; a yes to anything else is refused. */
  commitDigest: z.string().max(200).optional(),
});
export type DecisionRequest = z.infer<typeof DecisionRequest>;

/** A run that waits for a person, as `GET /v1/approvals` lists it. */
export const WaitingRun = z.strictObject({
  runId: RunId,
  goal: z.string(),
  requestedBy: z.string(),
  request: HumanRequest,
});
export type WaitingRun = z.infer<typeof WaitingRun>;

/** Body of `POST /v1/runs/{id}/cancel`. */
export const CancelRequest = z.strictObject({ reason: z.string().max(1_000).default('') });

/** Body of `POST /v1/runs/{id}/pause`. */
export const PauseRequest = z.strictObject({ reason: z.string().max(1_000).default('') });

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
