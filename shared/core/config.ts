import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { z } from 'zod';

import { PlanForm, Planning } from '../contracts/planning.ts';
import { AppError } from './errors.ts';
import { gcpConfigOf, GcpEnvironment, type GcpConfig } from './gcp-config.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const url = z.url({ protocol: /^https?$/ });

const milliseconds = z.coerce.number().int().min(10).max(540_000);
const amount = z.coerce.number().int().min(1);
/** Comma-separated. */
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
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
  GEMINI_PLAN_FORM: PlanForm.optional(),
  GEMINI_THINKING_LEVEL: Planning.shape.thinkingLevel,
  GEMINI_THINKING_BUDGET: z.coerce.number().int().min(-1).max(65_536).optional(),
  GEMINI_TEMPERATURE: z.coerce.number().min(0).max(2).optional(),
  GEMINI_MEDIA_RESOLUTION: Planning.shape.mediaResolution,
  GEMINI_COMPACT_TOKENS: z.coerce.number().int().min(1_000).default(32_000),
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
  RODEX_PRIVATE_HOSTS: z.string().optional(),
  RODEX_TENANT: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/)
    .default('local'),
  RODEX_SLOTS: z.coerce.number().int().min(1).max(64).default(4),
  RODEX_SITE_SEED: z.coerce.number().int().min(0).default(1),
  RODEX_LOG: z.enum(['debug', 'info', 'warn', 'error']).default('warn'),
  RODEX_URL: url.optional(),
  RODEX_API_KEY: z.string().min(1).optional(),
  RODEX_CONTEXT: z.string().min(1).optional(),
  RODEX_API_SECRET: z.string().min(32, 'at least 32 characters').optional(),
  RODEX_ADMINS: list.optional(),
  RODEX_OIDC_AUDIENCES: list.optional(),
  RODEX_HOST_NAMES: list.optional(),
  RODEX_CORS_ORIGINS: list.optional(),
  PORT: port.default(8080),
  FUNCTION_TARGET: z.string().optional(),
  DISPLAY: z.string().optional(),
  WAYLAND_DISPLAY: z.string().optional(),
  XAUTHORITY: z.string().optional(),
  XDG_RUNTIME_DIR: z.string().optional(),
  RODEX_TELEMETRY: z.enum(['off', 'otlp', 'google']).default('off'),
  RODEX_TRACE_SAMPLING: z.coerce.number().min(0).max(1).default(1),
  OTEL_EXPORTER_OTLP_ENDPOINT: url.default('http://localhost:4318'),
  ...GcpEnvironment,
});

export interface Config {
  readonly gemini: {
    readonly apiKey: string | undefined;
    readonly baseUrl: string | undefined;
    readonly model: string;
    readonly transport: 'sse' | 'live';
    /** What a task's `contract.planning` does not say. Form absent: `json` on SSE, `calls` on Live. */
    readonly planning: Planning;
    readonly liveModality: 'TEXT' | 'AUDIO';
    readonly maxAttempts: number;
    readonly maxRetryMs: number;
    readonly stallMs: number;
    readonly firstByteMs: number;
  };
  readonly ledger: {
    /** The model's window. */
    readonly contextTokens: number;
    /** Prompt tokens above which earlier observations are left out. */
    readonly compactTokens: number;
    /** Micro-USD per million tokens, by model. Absent: the table of the release. */
    readonly prices:
      | Readonly<Record<string, { prompt: number; cached: number; output: number }>>
      | undefined;
    readonly runMicroUsd: number | undefined;
    readonly dayMicroUsd: number | undefined;
    readonly dayTokens: number | undefined;
    readonly tenantMicroUsd: number | undefined;
  };
  readonly telemetry: {
    /** `google` needs a project. */
    readonly exporter: 'off' | 'otlp' | 'google';
    readonly endpoint: string;
    /** Share of runs that are traced. */
    readonly sampleRatio: number;
    readonly project: string | undefined;
  };
  readonly platform: 'embedded' | 'gcp';
  /** Absolute. */
  readonly dataDir: string;
  /** Absolute; unpacked browsers. */
  readonly cacheDir: string;
  readonly chromiumPath: string | undefined;
  /** What a browser with a window needs to find its display. */
  readonly displayEnv: Readonly<Record<string, string>>;
  /** `host:port`s at private addresses that browsers may reach, as written. */
  readonly privateHosts: readonly string[];
  readonly tenantId: string;
  /** Runs that one executor owns at once. */
  readonly slots: number;
  readonly siteSeed: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** A platform that is already running. */
  readonly url: string | undefined;
  /** Key or ID token for that platform. */
  readonly apiKey: string | undefined;
  /** Name of the platform that commands use; unset: the current one. */
  readonly context: string | undefined;
  /** Platforms by name. Absolute. */
  readonly contextsFile: string;
  readonly api: {
    /** What API keys and signed links of a deployed API hang on. */
    readonly secret: string | undefined;
    /** E-mails, lower-case: admins of every tenant, who may make tenants. */
    readonly admins: readonly string[];
    /** `aud` values of Google ID tokens that are for us; none: no ID tokens are taken. */
    readonly audiences: readonly string[];
    /** Names under which the API answers, beside loopback; `*`: any. */
    readonly hostNames: readonly string[];
    /** Web pages of these origins may call. */
    readonly corsOrigins: readonly string[];
  };
  readonly port: number;
  /** Set when `platform` is `gcp`. */
  readonly gcp: GcpConfig | undefined;
  /** A stand-in for Google's REST APIs, which `doctor --gcp` and `deploy plan` ask: tests. */
  readonly googleApisHost: string | undefined;
  /** The framework's own program runs this function: it listens, and what is loaded only registers. */
  readonly functionTarget: string | undefined;
}

function planningOf(env: z.infer<typeof Environment>): Planning {
  const given = {
    form: env.GEMINI_PLAN_FORM,
    thinkingLevel: env.GEMINI_THINKING_LEVEL,
    thinkingBudget: env.GEMINI_THINKING_BUDGET,
    temperature: env.GEMINI_TEMPERATURE,
    mediaResolution: env.GEMINI_MEDIA_RESOLUTION,
  };
  const parsed = Planning.safeParse(
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  );
  if (parsed.success) return parsed.data;
  throw new AppError(
    'invalid_config',
    'environment: GEMINI_THINKING_LEVEL (Gemini 3 and later) and GEMINI_THINKING_BUDGET (Gemini 2.5) are both set; unset one',
  );
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
  if (env.RODEX_TELEMETRY === 'google' && env.GOOGLE_CLOUD_PROJECT === undefined)
    throw new AppError(
      'invalid_config',
      'environment: RODEX_TELEMETRY=google needs GOOGLE_CLOUD_PROJECT; set it, or use otlp with OTEL_EXPORTER_OTLP_ENDPOINT',
    );
  return {
    gemini: {
      apiKey: env.GEMINI_API_KEY,
      baseUrl: env.GEMINI_BASE_URL,
      model: env.GEMINI_MODEL,
      transport: env.GEMINI_TRANSPORT,
      planning: planningOf(env),
      liveModality: env.GEMINI_LIVE_MODALITY,
      maxAttempts: env.GEMINI_MAX_ATTEMPTS,
      maxRetryMs: env.GEMINI_MAX_RETRY_MS,
      stallMs: env.GEMINI_STALL_MS,
      firstByteMs: env.GEMINI_FIRST_BYTE_MS,
    },
    ledger: {
      contextTokens: env.GEMINI_CONTEXT_TOKENS,
      compactTokens: env.GEMINI_COMPACT_TOKENS,
      prices: env.GEMINI_PRICES,
      runMicroUsd: env.RODEX_BUDGET_RUN_MICRO_USD,
      dayMicroUsd: env.RODEX_BUDGET_DAY_MICRO_USD,
      dayTokens: env.RODEX_BUDGET_DAY_TOKENS,
      tenantMicroUsd: env.RODEX_BUDGET_TENANT_MICRO_USD,
    },
    telemetry: {
      exporter: env.RODEX_TELEMETRY,
      endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
      sampleRatio: env.RODEX_TRACE_SAMPLING,
      project: env.GOOGLE_CLOUD_PROJECT,
    },
    platform: env.RODEX_PLATFORM,
    dataDir: resolve(env.RODEX_DATA_DIR),
    cacheDir: resolve(
      env.RODEX_CACHE_DIR ??
        join(given['XDG_CACHE_HOME'] ?? join(given['HOME'] ?? homedir(), '.cache'), 'rodex'),
    ),
    chromiumPath: env.RODEX_CHROMIUM_PATH,
    displayEnv: {
      ...(env.DISPLAY !== undefined && { DISPLAY: env.DISPLAY }),
      ...(env.WAYLAND_DISPLAY !== undefined && { WAYLAND_DISPLAY: env.WAYLAND_DISPLAY }),
      ...(env.XAUTHORITY !== undefined && { XAUTHORITY: env.XAUTHORITY }),
      ...(env.XDG_RUNTIME_DIR !== undefined && { XDG_RUNTIME_DIR: env.XDG_RUNTIME_DIR }),
    },
    privateHosts: (env.RODEX_PRIVATE_HOSTS ?? '').split(/[\s,]+/).filter((entry) => entry !== ''),
    tenantId: env.RODEX_TENANT,
    slots: env.RODEX_SLOTS,
    siteSeed: env.RODEX_SITE_SEED,
    logLevel: env.RODEX_LOG,
    url: env.RODEX_URL,
    apiKey: env.RODEX_API_KEY,
    context: env.RODEX_CONTEXT,
    contextsFile: join(
      given['XDG_CONFIG_HOME'] ?? join(given['HOME'] ?? homedir(), '.config'),
      'rodex',
      'contexts.json',
    ),
    api: {
      secret: env.RODEX_API_SECRET,
      admins: (env.RODEX_ADMINS ?? []).map((email) => email.toLowerCase()),
      audiences: env.RODEX_OIDC_AUDIENCES ?? [],
      hostNames: env.RODEX_HOST_NAMES ?? [],
      corsOrigins: env.RODEX_CORS_ORIGINS ?? [],
    },
    port: env.PORT,
    gcp: env.RODEX_PLATFORM === 'gcp' ? gcpConfigOf(env) : undefined,
    googleApisHost: env.RODEX_GOOGLE_APIS_EMULATOR_HOST,
    functionTarget: env.FUNCTION_TARGET,
  };
}
