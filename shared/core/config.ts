import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { z } from 'zod';

import { AppError } from './errors.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const url = z.url({ protocol: /^https?$/ });

const milliseconds = z.coerce.number().int().min(10).max(540_000);
const amount = z.coerce.number().int().min(1);
/** JSON text: micro-USD per million tokens, by model. */
const prices = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue(
        'is no JSON; give {"MODEL":{"prompt":300000,"cached":75000,"output":2500000}}',
      );
      return z.NEVER;
    }
  })
  .pipe(
    z.record(
      z.string(),
      z.strictObject({
        prompt: z.number().min(0),
        cached: z.number().min(0),
        output: z.number().min(0),
      }),
    ),
  );

/** The environment's shape; `.env.example` explains each variable. */
const Environment = z.object({
  GEMINI_API_KEY: z.string().min(1).optional(),
  GEMINI_BASE_URL: url.optional(),
  GEMINI_MODEL: z
    .string()
    .regex(/^[\w.-]+$/, 'a model name such as gemini-2.5-flash')
    .default('gemini-2.5-flash'),
  GEMINI_TRANSPORT: z.enum(['sse', 'live']).default('sse'),
  GEMINI_PLAN_FORM: z.enum(['json', 'calls', 'computer-use']).optional(),
  GEMINI_LIVE_MODALITY: z.enum(['TEXT', 'AUDIO']).default('TEXT'),
  GEMINI_MAX_ATTEMPTS: z.coerce.number().int().min(1).max(20).default(4),
  GEMINI_MAX_RETRY_MS: milliseconds.default(120_000),
  GEMINI_STALL_MS: milliseconds.default(30_000),
  GEMINI_FIRST_BYTE_MS: milliseconds.default(90_000),
  GEMINI_CONTEXT_TOKENS: z.coerce.number().int().min(4_096).default(1_048_576),
  GEMINI_PRICES: prices.optional(),
  RODEX_BUDGET_RUN_MICRO_USD: amount.optional(),
  RODEX_BUDGET_DAY_MICRO_USD: amount.optional(),
  RODEX_BUDGET_DAY_TOKENS: amount.optional(),
  RODEX_BUDGET_TENANT_MICRO_USD: amount.optional(),
  RODEX_PLATFORM: z.enum(['embedded', 'gcp']).default('embedded'),
  RODEX_DATA_DIR: z.string().min(1).default('.rodex'),
  RODEX_CACHE_DIR: z.string().min(1).optional(),
  RODEX_CHROMIUM_PATH: z.string().min(1).optional(),
  RODEX_TENANT: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/)
    .default('local'),
  RODEX_SITE_SEED: z.coerce.number().int().min(0).default(1),
  RODEX_LOG: z.enum(['debug', 'info', 'warn', 'error']).default('warn'),
  RODEX_URL: url.optional(),
  PORT: port.default(8080),
  GOOGLE_CLOUD_PROJECT: z.string().optional(),
  FIRESTORE_EMULATOR_HOST: z.string().optional(),
  PUBSUB_EMULATOR_HOST: z.string().optional(),
});

export interface Config {
  readonly gemini: {
    readonly apiKey: string | undefined;
    readonly baseUrl: string | undefined;
    readonly model: string;
    readonly transport: 'sse' | 'live';
    /** Absent: `json` on SSE, `calls` on Live. */
    readonly planForm: 'json' | 'calls' | 'computer-use' | undefined;
    readonly liveModality: 'TEXT' | 'AUDIO';
    readonly maxAttempts: number;
    readonly maxRetryMs: number;
    readonly stallMs: number;
    readonly firstByteMs: number;
  };
  readonly ledger: {
    /** The model's window. */
    readonly contextTokens: number;
    /** Micro-USD per million tokens, by model. Absent: the table of the release. */
    readonly prices:
      | Readonly<Record<string, { prompt: number; cached: number; output: number }>>
      | undefined;
    readonly runMicroUsd: number | undefined;
    readonly dayMicroUsd: number | undefined;
    readonly dayTokens: number | undefined;
    readonly tenantMicroUsd: number | undefined;
  };
  readonly platform: 'embedded' | 'gcp';
  /** Absolute. */
  readonly dataDir: string;
  /** Absolute; unpacked browsers. */
  readonly cacheDir: string;
  readonly chromiumPath: string | undefined;
  readonly tenantId: string;
  readonly siteSeed: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** A platform that is already running. */
  readonly url: string | undefined;
  readonly port: number;
}

/** Reads the environment: the only place that does. Throws `invalid_config` naming each bad variable. Empty counts as unset. */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new AppError(
      'invalid_config',
      `environment: ${lines.join('; ')}. See .env.example for what each variable takes.`,
    );
  }
  const env = parsed.data;
  if (env.GEMINI_TRANSPORT === 'live' && (env.GEMINI_PLAN_FORM ?? 'calls') !== 'calls')
    throw new AppError(
      'invalid_config',
      `environment: GEMINI_PLAN_FORM=${env.GEMINI_PLAN_FORM}: the Live API takes plans as function calls only; unset it, or set GEMINI_TRANSPORT=sse.`,
    );
  return {
    gemini: {
      apiKey: env.GEMINI_API_KEY,
      baseUrl: env.GEMINI_BASE_URL,
      model: env.GEMINI_MODEL,
      transport: env.GEMINI_TRANSPORT,
      planForm: env.GEMINI_PLAN_FORM,
      liveModality: env.GEMINI_LIVE_MODALITY,
      maxAttempts: env.GEMINI_MAX_ATTEMPTS,
      maxRetryMs: env.GEMINI_MAX_RETRY_MS,
      stallMs: env.GEMINI_STALL_MS,
      firstByteMs: env.GEMINI_FIRST_BYTE_MS,
    },
    ledger: {
      contextTokens: env.GEMINI_CONTEXT_TOKENS,
      prices: env.GEMINI_PRICES,
      runMicroUsd: env.RODEX_BUDGET_RUN_MICRO_USD,
      dayMicroUsd: env.RODEX_BUDGET_DAY_MICRO_USD,
      dayTokens: env.RODEX_BUDGET_DAY_TOKENS,
      tenantMicroUsd: env.RODEX_BUDGET_TENANT_MICRO_USD,
    },
    platform: env.RODEX_PLATFORM,
    dataDir: resolve(env.RODEX_DATA_DIR),
    cacheDir: resolve(
      env.RODEX_CACHE_DIR ??
        join(given['XDG_CACHE_HOME'] ?? join(given['HOME'] ?? homedir(), '.cache'), 'rodex'),
    ),
    chromiumPath: env.RODEX_CHROMIUM_PATH,
    tenantId: env.RODEX_TENANT,
    siteSeed: env.RODEX_SITE_SEED,
    logLevel: env.RODEX_LOG,
    url: env.RODEX_URL,
    port: env.PORT,
  };
}
