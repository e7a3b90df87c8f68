import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { z } from 'zod';

import { AppError } from './errors.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const url = z.url({ protocol: /^https?$/ });

/** The environment's shape; `.env.example` explains each variable. */
const Environment = z.object({
  GEMINI_API_KEY: z.string().min(1).optional(),
  GEMINI_BASE_URL: url.optional(),
  GEMINI_MODEL: z
    .string()
    .regex(/^[\w.-]+$/, 'a model name such as gemini-2.5-flash')
    .default('gemini-2.5-flash'),
  GEMINI_TRANSPORT: z.enum(['sse']).default('sse'),
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
  return {
    gemini: { apiKey: env.GEMINI_API_KEY, baseUrl: env.GEMINI_BASE_URL, model: env.GEMINI_MODEL },
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
