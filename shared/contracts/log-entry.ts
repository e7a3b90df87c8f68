import { z } from 'zod';

import { Action } from './action.ts';
import { Decision, TargetFacts } from './effect.ts';
import { EgressRefusal } from './egress.ts';
import { ErrorInfo } from './error-code.ts';
import { Artifact, Outcome } from './outcome.ts';
import { StepId } from './plan.ts';
import { HumanKind, HumanRequest, Inputs, RunId, TenantId, TokenUse } from './run.ts';
import { TaskContract } from './task-contract.ts';
import { GateReport } from './wire-request.ts';

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
    template: z.string().optional(),
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
    /** Of what was restored: the site does not ask for a password where it did not before. */
    signedIn: z.boolean().optional(),
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
    /** The page shows what it showed when the turn before was opened. */
    unchanged: z.boolean().optional(),
    /** One of the notices says that the same is done again and again. */
    toldOfRepetition: z.boolean().optional(),
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
    control: z.string().optional(),
  }),
  /** An approval is used for requests that wait at the wire gate; they leave after this. */
  z.strictObject({
    type: z.literal('step.let-go'),
    ...epoch,
    stepId: StepId,
    commitDigest: z.string(),
    approval: z.string(),
  }),
  /** Requests that came when the step was over: judged like those within it, but nobody is asked. */
  z.strictObject({
    type: z.literal('step.late'),
    ...epoch,
    stepId: StepId,
    control: z.string(),
    gate: GateReport,
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
    /** What its act sent, where the executor lived to tell. */
    gate: GateReport.optional(),
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
  /** What did not leave the browser: the first of its kind in a minute with count 1, then how many more there were. */
  z.strictObject({
    type: z.literal('egress.refused'),
    ...epoch,
    ...EgressRefusal.shape,
    count: z.int().min(1),
  }),
  /**
   * The browser is about to be given a stored log-in, which no step types: `http` to a server that asks for one, `proxy` to the contract's
   * proxy. Once for each name and origin of an ownership: from then on the browser has it. What steps type stands in their intents.
   */
  z.strictObject({
    type: z.literal('secret.used'),
    ...epoch,
    name: z.string(),
    use: z.enum(['http', 'proxy']),
    /** Of whoever is sent it. */
    origin: z.string(),
  }),
  z.strictObject({ type: z.literal('human.requested'), ...epoch, request: HumanRequest }),
  z.strictObject({
    type: z.literal('human.answered'),
    requestId: z.string(),
    kind: HumanKind,
    stepId: StepId.optional(),
    /** approval: approve, deny. uncertain: acted, not-acted. input: the text. secret: given. take-over: done. */
    answer: z.string().max(10_000),
  }),
  /** A person who has the browser does something in it; what they type is not kept. */
  z.strictObject({
    type: z.literal('take-over.input'),
    requestId: z.string(),
    input: z.string().max(200),
  }),
  z.strictObject({ type: z.literal('human.expired'), requestId: z.string() }),
  z.strictObject({ type: z.literal('run.cancel-requested'), reason: z.string().max(1_000) }),
  /** Nothing is begun from here on, until `run.resumed`; what is under way is finished. */
  z.strictObject({ type: z.literal('run.paused'), reason: z.string().max(1_000) }),
  z.strictObject({ type: z.literal('run.resumed') }),
  z.strictObject({
    type: z.literal('run.ended'),
    status: z.enum(['succeeded', 'failed', 'cancelled', 'expired']),
    result: z.json().optional(),
    summary: z.string().max(4_000).optional(),
    error: ErrorInfo.optional(),
  }),
  /** The run's key and all that was stored of its content are destroyed; stands in clear. Nothing follows it. */
  z.strictObject({ type: z.literal('run.erased'), reason: z.string().max(1_000) }),
  /** What a reader finds in the place of an event whose run was erased; never written. */
  z.strictObject({ type: z.literal('payload.erased'), of: z.string() }),
]);
export type LogEvent = z.infer<typeof LogEvent>;
export type LogEventOf<Name extends LogEvent['type']> = Extract<LogEvent, { type: Name }>;

/**
 * An entry of a run's log as readers see it, decrypted. `hash` is that of the stored form (`StoredLogEntry`), which links to
 * `prevHash`; the first entry has seq 0 and prevHash of 64 zeros.
 */
export const LogEntry = z.strictObject({
  schemaVersion: z.literal(1),
  tenantId: TenantId,
  runId: RunId,
  seq: z.int().min(0),
  at: z.string(),
  /** Who: `user:NAME`, `executor:ID`, `api`, `scheduler`. */
  actor: z.string(),
  /** Version of the policy that was in force. */
  policy: z.string().optional(),
  event: LogEvent,
  prevHash: z.string(),
  hash: z.string(),
});
export type LogEntry = z.infer<typeof LogEntry>;
