import { z } from 'zod';

import { ErrorCode } from './error-code.ts';
import { Problem } from './problem.ts';
import { HumanKind, RunId, RunStatus, TenantId } from './run.ts';
import { TemplateRef } from './template.ts';

/**
 * What a run tells others. `waiting`: a person is asked for a yes or an answer; `uncertain`: a person must look up what a step did;
 * `resumed`: it goes on after a wait or a pause.
 */
export const RunEventType = z.enum([
  'rodex.run.created',
  'rodex.run.started',
  'rodex.run.waiting',
  'rodex.run.uncertain',
  'rodex.run.paused',
  'rodex.run.resumed',
  'rodex.run.succeeded',
  'rodex.run.failed',
  'rodex.run.cancelled',
  'rodex.run.expired',
]);
export type RunEventType = z.infer<typeof RunEventType>;

/** Attributes of CloudEvents 1.0 that every event of ours has. `source` and `id` together name the event: one that comes again is the same. */
const envelope = {
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(200),
  source: z.string().min(1).max(200),
  time: z.iso.datetime(),
  subject: z.string().min(1).max(200),
  datacontenttype: z.literal('application/json'),
};

/** Names and states only: no goal, no input, no result and nothing of a page. Whoever may read the run asks the API for those. */
export const RunEventData = z.strictObject({
  schemaVersion: z.literal(1),
  tenantId: TenantId,
  runId: RunId,
  /** Of the entry of the run's log that this follows from: events of a run may arrive in another order. */
  seq: z.int().min(0),
  status: RunStatus,
  template: TemplateRef.optional(),
  /** What a person is asked, by its name. */
  request: z
    .strictObject({
      requestId: z.string(),
      kind: HumanKind,
      expiresAt: z.string(),
    })
    .optional(),
  /** Why it did not succeed. */
  error: z.strictObject({ code: ErrorCode, retryable: z.boolean() }).optional(),
});

/** A CloudEvent (1.0, JSON): body of webhooks and of messages on `rodex-events`. */
export const RunEvent = z.strictObject({ ...envelope, type: RunEventType, data: RunEventData });
export type RunEvent = z.infer<typeof RunEvent>;

/** What a run still has to tell, at `…/runs/{r}/outbox/{seq}`: written together with the log entry it follows from, gone when it was told. */
export const OutboxEvent = z.strictObject({
  schemaVersion: z.literal(1),
  tenantId: TenantId,
  runId: RunId,
  at: z.iso.datetime(),
  event: RunEvent,
});
export type OutboxEvent = z.infer<typeof OutboxEvent>;

const requestId = {
  schemaVersion: z.literal(1),
  tenantId: TenantId,
  /** The idempotency key that the request came with, else the id of its message. */
  key: z.string(),
};

/** Reply to a run request that came over `rodex-runs-{tenant}`; a CloudEvent like those of runs. */
export const RunRequestReply = z.discriminatedUnion('type', [
  z.strictObject({
    ...envelope,
    type: z.literal('rodex.request.accepted'),
    /** `created` is false where the run was there: the request came again. */
    data: z.strictObject({ ...requestId, runId: RunId, created: z.boolean() }),
  }),
  z.strictObject({
    ...envelope,
    type: z.literal('rodex.request.refused'),
    data: z.strictObject({ ...requestId, problem: Problem }),
  }),
]);
export type RunRequestReply = z.infer<typeof RunRequestReply>;
