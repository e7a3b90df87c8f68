import { z } from 'zod';

import { ErrorInfo } from './error-code.ts';
import { SecretName } from './secret.ts';
import { TaskContract } from './task-contract.ts';

export const TenantId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and dashes');
export const RunId = z
  .string()
  .regex(/^run_[0-9a-z]{20}$/, 'a run id such as run_ and 20 characters');
export const Inputs = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/, 'a name of letters, digits, _ and -'),
  z.union([z.string().max(10_000), z.number(), z.boolean()]),
);
export type Inputs = z.infer<typeof Inputs>;

export const HttpUrl = z
  .string()
  .max(8_192)
  .refine((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:');
  }, 'an absolute http(s) URL');

/** Body of `POST /v1/runs`. Either `contract` lists the hosts, or `url` alone allows that URL's origin only. */
export const RunRequest = z
  .strictObject({
    goal: z.string().trim().min(1, 'say what is to be done').max(20_000),
    /** Where to start; allowed origin when there is no contract. */
    url: HttpUrl.optional(),
    inputs: Inputs.default({}),
    contract: TaskContract.optional(),
    /** Labels for people and filters. */
    labels: z.record(z.string().max(60), z.string().max(200)).default({}),
  })
  .refine((request) => request.url !== undefined || request.contract !== undefined, {
    message: 'give url (its origin is then the only one allowed) or contract.navigate',
    path: ['url'],
  });
export type RunRequest = z.infer<typeof RunRequest>;
export type RunRequestInput = z.input<typeof RunRequest>;

export const RunStatus = z.enum([
  'queued',
  'planning',
  'acting',
  'waiting_human',
  'paused',
  'succeeded',
  'failed',
  'cancelled',
  'expired',
]);
export type RunStatus = z.infer<typeof RunStatus>;

export const TokenUse = z.strictObject({
  prompt: z.int().min(0).default(0),
  cached: z.int().min(0).default(0),
  output: z.int().min(0).default(0),
  thoughts: z.int().min(0).default(0),
});
export type TokenUse = z.infer<typeof TokenUse>;

/** What a run waits for a person to say. */
export const HumanKind = z.enum(['approval', 'input', 'secret', 'take-over', 'uncertain']);
export type HumanKind = z.infer<typeof HumanKind>;

export const HumanRequest = z.strictObject({
  requestId: z.string(),
  kind: HumanKind,
  stepId: z.string().optional(),
  question: z.string().max(4_000),
  choices: z.array(z.string()).optional(),
  /** Approval: what would be committed; the yes holds for this digest only. */
  commitDigest: z.string().optional(),
  commitName: z.string().optional(),
  /** Facts that the executor saw, for the person who decides. */
  facts: z.record(z.string(), z.json()).default({}),
  askedAt: z.string(),
  expiresAt: z.string(),
});
export type HumanRequest = z.infer<typeof HumanRequest>;

/** An INTENT that has no outcome yet. */
export const OpenIntent = z.strictObject({
  stepId: z.string(),
  leaseEpoch: z.int(),
  effect: z.enum(['read', 'write', 'unknown', 'commit']),
  commitName: z.string().optional(),
  commitDigest: z.string().optional(),
  /** Digest of what is done, whatever it was said to be for; absent where doing it again says nothing (waiting, opening the start). */
  actionKey: z.string().optional(),
  /** Which control acts, to know it again. */
  control: z.string().optional(),
});
export type OpenIntent = z.infer<typeof OpenIntent>;

/**
 * A run's projection: what its log adds up to, in one document. Written only together with the log entries it follows from.
 * Stored at `tenants/{tenantId}/runs/{runId}`.
 */
export const Run = z.strictObject({
  schemaVersion: z.literal(1),
  tenantId: TenantId,
  runId: RunId,
  status: RunStatus,
  goal: z.string(),
  url: z.string().optional(),
  inputs: Inputs,
  labels: z.record(z.string(), z.string()),
  contract: TaskContract,
  /** The template that it is a run of, and its version. */
  template: z.string().optional(),
  requestedBy: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  endedAt: z.string().optional(),
  /** Sequence number and hash of the last log entry. */
  seq: z.int(),
  headHash: z.string(),
  /** Number of ownership; only grows. */
  leaseEpoch: z.int(),
  /** Id of the executor that took the run last. */
  holder: z.string().optional(),
  /** Number of the current or last turn; 0 before the first. */
  planEpoch: z.int(),
  turnOpen: z.boolean(),
  steps: z.int(),
  modelCalls: z.int(),
  /** Model answers in a row that broke the contract. */
  invalidPlans: z.int(),
  /** Turns in a row in which nothing was done. */
  idleTurns: z.int(),
  tokens: TokenUse,
  openIntent: OpenIntent.optional(),
  waitingFor: HumanRequest.optional(),
  /** Ms spent waiting for people; not counted against the time budget. */
  waitedMs: z.number(),
  /** Approved commit digests that were not used yet. */
  approvals: z.array(
    z.strictObject({
      requestId: z.string(),
      commitDigest: z.string(),
      /** Not used by then, it is void. */
      expiresAt: z.string().optional(),
    }),
  ),
  /** Digests of commits that acted: the same one never acts again without a yes. */
  committed: z.array(z.string()).max(10_000).default([]),
  /** Controls that were seen to send an unsafe request to their own site: commits from then on. */
  committing: z.array(z.string()).max(10_000).optional(),
  cancelRequested: z.boolean(),
  /** Somebody paused it: nothing is begun until it is resumed. `since` is from when the pause counts as waiting. */
  paused: z.strictObject({ at: z.string(), since: z.string(), by: z.string() }).optional(),
  /** Some executor should own it: it has not ended, and waits for nobody or is to be cancelled. */
  needsOwner: z.boolean().default(true),
  /** How often the same action was done in a row while nothing changed on the page. */
  sameAction: z
    .strictObject({ key: z.string(), times: z.int(), mixed: z.boolean(), told: z.boolean() })
    .optional(),
  usedSecret: z.boolean(),
  /** Names of what people gave it to type; the values are stored apart, and only until it ends. */
  givenSecrets: z.array(SecretName).max(100).optional(),
  browserState: z.strictObject({ artifact: z.string(), url: z.string().optional() }).optional(),
  result: z.json().optional(),
  summary: z.string().optional(),
  error: ErrorInfo.optional(),
  /** When its content was erased; goal, inputs, result and the like are gone from then on. */
  erasedAt: z.string().optional(),
});
export type Run = z.infer<typeof Run>;
