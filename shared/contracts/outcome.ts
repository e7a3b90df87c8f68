import { z } from 'zod';

import { ErrorCode } from './error-code.ts';
import { GateReport } from './wire-request.ts';

/** A file that a run produced. `name` is unique within the run and safe as a file name. */
export const Artifact = z.strictObject({
  name: z.string().min(1).max(200),
  mediaType: z.string(),
  bytes: z.int().min(0),
  digest: z.string(),
  source: z.enum(['download', 'screenshot', 'print', 'body', 'trace']),
  url: z.string().optional(),
});
export type Artifact = z.infer<typeof Artifact>;

/**
 * How a step ended. `stale`: the target is gone or changed its meaning. `blocked`: something covers or disables it.
 * `refused`: policy or argument check, nothing was touched. `failed`: the page or the browser failed. Only `done` acted for
 * certain; `timeout` and `failed` may have acted when `acted` is true.
 */
export const Outcome = z.strictObject({
  status: z.enum(['done', 'stale', 'blocked', 'timeout', 'refused', 'failed']),
  code: ErrorCode.optional(),
  message: z.string().max(4_000).optional(),
  /** Input reached the page before the step failed. */
  acted: z.boolean().default(false),
  /** What changed, for the guard and for people. */
  changed: z
    .strictObject({
      url: z.string().optional(),
      document: z.boolean().optional(),
      dialog: z.string().optional(),
      tab: z.string().optional(),
    })
    .default({}),
  /** Result of read, find, extract. */
  data: z.json().optional(),
  artifacts: z.array(Artifact).default([]),
  healed: z.boolean().optional(),
  /** A secret was typed by this step. */
  usedSecret: z.boolean().optional(),
  /** What was paused at the wire gate while the step acted; absent: nothing was. */
  gate: GateReport.optional(),
  /** Where the time went, in ms: resolve (find and check the target), act, settle (wait for facts). */
  ms: z.record(z.string(), z.number()).default({}),
});
export type Outcome = z.infer<typeof Outcome>;
export type OutcomeInput = z.input<typeof Outcome>;
