import { z } from 'zod';

import { BrowserOptions, TracePart } from './browser-options.ts';
import { Planning } from './planning.ts';

/**
 * A host that a run may talk to: an exact origin (`https://portal.example:8443`) or an explicit registrable-domain suffix
 * (`{"suffix":"example.com"}`: that domain and its subdomains over https). No globs.
 */
export const HostRule = z.union([
  z
    .string()
    .max(300)
    .refine((text) => {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      return (
        url !== undefined &&
        (url.protocol === 'http:' || url.protocol === 'https:') &&
        url.origin === text
      );
    }, 'an origin such as https://portal.example or http://127.0.0.1:8080, without a path'),
  z.strictObject({
    suffix: z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'a domain such as example.com'),
  }),
]);
export type HostRule = z.infer<typeof HostRule>;

const SecretName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);

/** A commit that may act without asking: the control's accessible name (folded, ignoring case) and optionally its origin. */
export const CommitRule = z.strictObject({
  name: z.string().min(1).max(200),
  origin: z.string().max(300).optional(),
});

/**
 * An endpoint whose unsafe requests change nothing: they pass the wire gate. `url` is an origin and a path, compared exactly, without a
 * query. With `graphql` only bodies that are queries pass, mutations do not.
 */
export const HarmlessEndpoint = z.strictObject({
  url: z
    .string()
    .max(1_000)
    .refine((text) => {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      return (
        url !== undefined && /^https?:$/.test(url.protocol) && url.origin + url.pathname === text
      );
    }, 'an origin and a path such as https://portal.example/graphql, without a query'),
  method: z
    .string()
    .regex(/^[A-Z]{1,20}$/, 'a method in capitals')
    .default('POST'),
  graphql: z.boolean().default(false),
});
export type HarmlessEndpoint = z.infer<typeof HarmlessEndpoint>;

/** A read-only look-up that tells, in a new browser, whether a commit acted: `text` is shown at `url` if it did. */
export const Probe = z.strictObject({
  commit: z.string().min(1).max(200),
  url: z
    .string()
    .min(1)
    .max(2_000)
    .describe('absolute URL; may hold {{input.NAME}} and {{run.id}}'),
  /** Shown if the commit acted. */
  text: z.string().min(1).max(500),
  /** Shown if the look-up itself worked and found nothing; without it, absence of `text` means unknown. */
  absent: z.string().min(1).max(500).optional(),
});
export type Probe = z.infer<typeof Probe>;

export const Budgets = z.strictObject({
  steps: z.int().min(1).max(10_000).default(200),
  turns: z.int().min(1).max(1_000).default(60),
  promptTokens: z.int().min(1).default(2_000_000),
  outputTokens: z.int().min(1).default(200_000),
  /** Wall time from creation to the end, waiting for people not counted. */
  timeMs: z
    .int()
    .min(1_000)
    .max(7 * 86_400_000)
    .default(30 * 60_000),
});
export type Budgets = z.infer<typeof Budgets>;

const Terms = z.strictObject({
  schemaVersion: z.literal(1).default(1),
  /** Hosts whose documents may be shown in a tab. */
  navigate: z.array(HostRule).min(1).max(100),
  /** Hosts that sub-resources and frames may come from, beside `navigate`. */
  resources: z.array(HostRule).max(200).default([]),
  /** How much is asked: strict, standard (default), autonomous. */
  level: z.enum(['strict', 'standard', 'autonomous']).default('standard'),
  commits: z.array(CommitRule).max(100).default([]),
  probes: z.array(Probe).max(20).default([]),
  /** Endpoints that pass the wire gate. */
  harmless: z.array(HarmlessEndpoint).max(100).default([]),
  /** Data that may leave: an input that is named here may be typed at these origins only; others wherever documents may be shown. */
  inputOrigins: z
    .record(z.string().max(63), z.array(z.string().max(300)).min(1).max(50))
    .default({}),
  /** Names of stored secrets that the run may use. */
  secrets: z.array(SecretName).max(50).default([]),
  /** Names of stored secrets `user:password` that servers of their origins get when they ask for HTTP authentication. */
  httpCredentials: z.array(SecretName).max(20).optional(),
  /** How the run's browser is set up. */
  browser: BrowserOptions.optional(),
  /** Recordings of the run as artifacts; refused for a run that may use secrets or a saved profile. */
  trace: z.array(TracePart).min(1).max(4).optional(),
  budgets: Budgets.prefault({}),
  planning: Planning.optional(),
  /** When the run must be over, waiting for people and pauses included (ISO 8601 with an offset): nothing is begun after it. */
  deadline: z.iso.datetime({ offset: true }).optional(),
  /** JSON Schema (draft 2020-12) that `finish.result` must satisfy. */
  outputSchema: z.record(z.string(), z.json()).optional(),
  /** How long an approval or question keeps the live browser. */
  holdMs: z.int().min(0).max(600_000).default(120_000),
  /** How long a parked run waits for a person before it expires. */
  waitMs: z
    .int()
    .min(1_000)
    .max(30 * 86_400_000)
    .default(86_400_000),
});

/** What a run may do, frozen before any page is read. Nothing that a page or the model says widens it. */
export const TaskContract = Terms.refine(
  ({ trace, secrets, httpCredentials, browser }) =>
    trace === undefined ||
    (secrets.length === 0 &&
      !httpCredentials?.length &&
      browser?.profile === undefined &&
      browser?.proxy?.credentials === undefined),
  {
    path: ['trace'],
    message:
      'a run that may use secrets or a saved profile is not recorded: leave out trace, or secrets, httpCredentials, browser.profile and browser.proxy.credentials',
  },
);
export type TaskContract = z.infer<typeof TaskContract>;
