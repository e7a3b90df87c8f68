import { z } from 'zod';

import { Action } from './action.ts';
import { ErrorInfo } from './error-code.ts';
import { TokenUse } from './run.ts';

export const StepId = z.string().regex(/^\d+-\d+$/, 'a step id such as 3-1');

/**
 * A step as the planner proposed it: immutable, at `…/runs/{r}/steps/{planEpoch}-{index}`, index from 1. What became of it is in the
 * log. `invalid` stands in for an item that did not satisfy the contract.
 */
export const ProposedStep = z.strictObject({
  schemaVersion: z.literal(1),
  stepId: StepId,
  planEpoch: z.int().min(1),
  index: z.int().min(1),
  action: Action.optional(),
  /** The model's own safety check asks for a person before this is done: in its words. */
  doubt: z.string().max(2_000).optional(),
  invalid: z
    .strictObject({ message: z.string().max(2_000), received: z.string().max(4_000) })
    .optional(),
  proposedAt: z.string(),
});
export type ProposedStep = z.infer<typeof ProposedStep>;

/**
 * A planning turn, at `…/runs/{r}/turns/{planEpoch}`. The executor creates it `requested`; one planner claims it (update under the
 * version it read) and counts its items up; it ends `complete` (the stream's normal end) or `broken`. The executor closes it: after
 * that every planner write fails.
 */
export const Turn = z.strictObject({
  schemaVersion: z.literal(1),
  planEpoch: z.int().min(1),
  status: z.enum(['requested', 'streaming', 'complete', 'broken', 'closed']),
  /** Number of the observation (`…/observations/{n}`) that this turn plans on. */
  observation: z.int().min(1),
  /** What the planner should know before it plans: a lost browser, an answer of a person. */
  notices: z.array(z.string().max(4_000)).default([]),
  claimedBy: z.string().optional(),
  heartbeatAt: z.string().optional(),
  /** Steps published so far. */
  items: z.int().min(0).default(0),
  /** The model's parts exactly as received, thought signatures included; sent back unchanged in later turns. */
  parts: z.array(z.record(z.string(), z.json())).default([]),
  finishReason: z.string().optional(),
  usage: TokenUse.prefault({}),
  modelCalls: z.int().min(0).default(0),
  error: ErrorInfo.optional(),
  ms: z.record(z.string(), z.number()).default({}),
});
export type Turn = z.infer<typeof Turn>;

/** `…/runs/{r}/observations/{n}`; n counts from 1 within a run and equals the turn's number that it was taken for. */
export const StoredObservation = z.strictObject({
  schemaVersion: z.literal(1),
  number: z.int().min(1),
  kind: z.enum(['full', 'diff']),
  text: z.string(),
  url: z.string(),
  title: z.string(),
  documentId: z.string(),
  /** Artifact that shows the view as it was seen, for models that see. */
  picture: z.string().optional(),
  takenAt: z.string(),
});
export type StoredObservation = z.infer<typeof StoredObservation>;
