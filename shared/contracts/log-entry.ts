import { z } from 'zod';

import { Action } from './action.ts';
import { Decision, TargetFacts } from './effect.ts';
import { ErrorInfo } from './error-code.ts';
import { Artifact, Outcome } from './outcome.ts';
import { StepId } from './plan.ts';
import { HumanRequest, Inputs, RunId, TenantId, TokenUse } from './run.ts';
import { TaskContract } from './task-contract.ts';

const epoch = { leaseEpoch: z.int() };

/** What happened, by type. `…/log/{seq}` holds one each; together they are the run and its audit trail. */
export const LogEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('run.created'),
    goal: z.string(),
    url: z.string().optional(),
    inputs: Inputs,
    labels: z.record(z.string(), z.string()),
    contract: TaskContract,
  }),
  z.strictObject({
    type: z.literal('lease.taken'),
    ...epoch,
    holder: z.string(),
    takeover: z.boolean(),
  }),
  z.strictObject({
    type: z.literal('lease.released'),
    ...epoch,
    reason: z.enum(['parked', 'shutdown', 'ended', 'browser-lost']),
  }),
  z.strictObject({
    type: z.literal('browser.opened'),
    ...epoch,
    version: z.string(),
    sandboxed: z.boolean(),
    restored: z.boolean(),
  }),
  z.strictObject({
    type: z.literal('browser.state-saved'),
    ...epoch,
    artifact: z.string(),
    url: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal('turn.opened'),
    ...epoch,
    planEpoch: z.int(),
    observation: z.strictObject({
      digest: z.string(),
      url: z.string(),
      title: z.string(),
      chars: z.int(),
      ms: z.number(),
    }),
    notices: z.array(z.string()),
  }),
  z.strictObject({
    type: z.literal('turn.closed'),
    ...epoch,
    planEpoch: z.int(),
    reason: z.enum([
      'used-up',
      'guard',
      'broken',
      'silent',
      'invalid',
      'takeover',
      'human',
      'ended',
    ]),
    detail: z.string().max(4_000).default(''),
    items: z.int(),
    done: z.int(),
    usage: TokenUse,
    modelCalls: z.int(),
    /** Digest of the model's raw parts. */
    proposal: z.string().optional(),
    ms: z.record(z.string(), z.number()).default({}),
  }),
  z.strictObject({
    type: z.literal('step.intent'),
    ...epoch,
    planEpoch: z.int(),
    stepId: StepId,
    action: Action,
    decision: Decision,
    facts: TargetFacts.partial().optional(),
    commitDigest: z.string().optional(),
    approval: z.string().optional(),
  }),
  /** Ends an intent: `done`, or an outcome that did not act, or one that is known to have failed. */
  z.strictObject({ type: z.literal('step.ended'), ...epoch, stepId: StepId, outcome: Outcome }),
  /** A step that never reached an intent: stale, refused by policy, invalid. */
  z.strictObject({
    type: z.literal('step.refused'),
    ...epoch,
    stepId: StepId,
    action: Action.optional(),
    decision: Decision.optional(),
    error: ErrorInfo,
  }),
  z.strictObject({
    type: z.literal('step.uncertain'),
    ...epoch,
    stepId: StepId,
    reason: z.string(),
  }),
  z.strictObject({
    type: z.literal('step.resolved'),
    ...epoch,
    stepId: StepId,
    verdict: z.enum(['acted', 'not-acted', 'redo-harmless']),
    by: z.string(),
    detail: z.string().default(''),
  }),
  z.strictObject({
    type: z.literal('artifact.saved'),
    ...epoch,
    stepId: StepId.optional(),
    artifact: Artifact,
  }),
  z.strictObject({ type: z.literal('human.requested'), ...epoch, request: HumanRequest }),
  z.strictObject({
    type: z.literal('human.answered'),
    requestId: z.string(),
    kind: z.enum(['approval', 'input', 'uncertain']),
    stepId: StepId.optional(),
    /** approval: approve, deny. uncertain: acted, not-acted. input: the text. */
    answer: z.string().max(10_000),
  }),
  z.strictObject({ type: z.literal('human.expired'), requestId: z.string() }),
  z.strictObject({ type: z.literal('run.cancel-requested'), reason: z.string().max(1_000) }),
  z.strictObject({
    type: z.literal('run.ended'),
    status: z.enum(['succeeded', 'failed', 'cancelled', 'expired']),
    result: z.json().optional(),
    summary: z.string().max(4_000).optional(),
    error: ErrorInfo.optional(),
  }),
]);
export type LogEvent = z.infer<typeof LogEvent>;
export type LogEventOf<Name extends LogEvent['type']> = Extract<LogEvent, { type: Name }>;

/**
 * An entry of a run's log. `hash` is SHA-256 over the canonical JSON (RFC 8785) of everything else in the entry, `prevHash`
 * included; the first entry has seq 0 and prevHash of 64 zeros.
 */
export const LogEntry = z.strictObject({
  schemaVersion: z.literal(1),
  tenantId: TenantId,
  runId: RunId,
  seq: z.int().min(0),
  at: z.string(),
  /** Who: `user:NAME`, `executor:ID`, `api`, `scheduler`. */
  actor: z.string(),
  event: LogEvent,
  prevHash: z.string(),
  hash: z.string(),
});
export type LogEntry = z.infer<typeof LogEntry>;
