import { z } from 'zod';

import { AppError } from './errors.ts';

const hostAndPort = z
  .string()
  .regex(/^(\[[0-9a-f:]+\]|[\w.-]+):\d{1,5}$/i, 'host:port, such as 127.0.0.1:8085');
const email = z.string().regex(/^[^\s@]+@[^\s@]+$/, 'an email address of a service account');

/** Variables of the Google Cloud platform; `.env.example` explains each. */
export const GcpEnvironment = {
  GOOGLE_CLOUD_PROJECT: z
    .string()
    .regex(
      /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
      'a project id: 6 to 30 lower-case letters, digits, dashes',
    )
    .optional(),
  RODEX_FIRESTORE_DATABASE: z.string().min(1).default('(default)'),
  RODEX_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/, 'a bucket name')
    .optional(),
  RODEX_AUDIT_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/, 'a bucket name')
    .optional(),
  RODEX_PUSH_AUDIENCE: z.string().min(1).optional(),
  RODEX_PUSH_SERVICE_ACCOUNT: email.optional(),
  RODEX_KMS_KEY: z
    .string()
    .regex(/^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/)
    .optional(),
  RODEX_KMS_SIGNING_KEY: z
    .string()
    .regex(
      /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+\/cryptoKeyVersions\/\d+$/,
    )
    .optional(),
  FIRESTORE_EMULATOR_HOST: hostAndPort.optional(),
  PUBSUB_EMULATOR_HOST: hostAndPort.optional(),
  RODEX_SECRET_MANAGER_EMULATOR_HOST: hostAndPort.optional(),
  STORAGE_EMULATOR_HOST: z.url({ protocol: /^https?$/ }).optional(),
  RODEX_GOOGLE_APIS_EMULATOR_HOST: hostAndPort.optional(),
};

type Given = z.infer<z.ZodObject<typeof GcpEnvironment>>;

export interface GcpConfig {
  readonly projectId: string;
  readonly databaseId: string;
  /** Artifacts. */
  readonly bucket: string;
  /** Signed checkpoints and the entries they cover; retention locked. */
  readonly auditBucket: string;
  /** Who may push to functions, and for which audience the token must be; absent only beside emulators. */
  readonly push: { readonly audience: string; readonly serviceAccount: string } | undefined;
  readonly kmsKey: string | undefined;
  readonly kmsSigningKey: string | undefined;
  /** Set together: Google's emulators, and our stand-ins where there is none. */
  readonly emulators:
    | {
        readonly firestoreHost: string;
        readonly pubsubHost: string;
        readonly secretManagerHost: string;
        readonly storageUrl: string;
      }
    | undefined;
}

/** Errors: `invalid_config` naming what is missing. */
export function gcpConfigOf(env: Given): GcpConfig {
  const projectId = env.GOOGLE_CLOUD_PROJECT;
  if (projectId === undefined)
    throw new AppError(
      'invalid_config',
      'environment: GOOGLE_CLOUD_PROJECT: RODEX_PLATFORM=gcp needs the id of a project. See .env.example for what each variable takes.',
    );
  return {
    projectId,
    databaseId: env.RODEX_FIRESTORE_DATABASE,
    bucket: env.RODEX_BUCKET ?? `${projectId}-rodex-artifacts`,
    auditBucket: env.RODEX_AUDIT_BUCKET ?? `${projectId}-rodex-audit`,
    push: pushOf(env),
    kmsKey: env.RODEX_KMS_KEY,
    kmsSigningKey: env.RODEX_KMS_SIGNING_KEY,
    emulators: emulatorsOf(env),
  };
}

function pushOf(env: Given): GcpConfig['push'] {
  const audience = env.RODEX_PUSH_AUDIENCE;
  const serviceAccount = env.RODEX_PUSH_SERVICE_ACCOUNT;
  if (audience === undefined && serviceAccount === undefined) return undefined;
  if (audience === undefined || serviceAccount === undefined)
    throw new AppError(
      'invalid_config',
      'environment: RODEX_PUSH_AUDIENCE and RODEX_PUSH_SERVICE_ACCOUNT are set together or not at all',
    );
  return { audience, serviceAccount };
}

function emulatorsOf(env: Given): GcpConfig['emulators'] {
  const hosts = {
    FIRESTORE_EMULATOR_HOST: env.FIRESTORE_EMULATOR_HOST,
    PUBSUB_EMULATOR_HOST: env.PUBSUB_EMULATOR_HOST,
    RODEX_SECRET_MANAGER_EMULATOR_HOST: env.RODEX_SECRET_MANAGER_EMULATOR_HOST,
    STORAGE_EMULATOR_HOST: env.STORAGE_EMULATOR_HOST,
  };
  const missing = Object.entries(hosts).flatMap(([name, host]) => (host === undefined ? name : []));
  if (missing.length === Object.keys(hosts).length) return undefined;
  if (missing.length > 0)
    throw new AppError(
      'invalid_config',
      `environment: ${missing.join(', ')}: with one emulator all are needed, so that no test reaches a real project; \`rodex up --gcp-emulators\` starts them`,
    );
  return {
    firestoreHost: hosts.FIRESTORE_EMULATOR_HOST ?? '',
    pubsubHost: hosts.PUBSUB_EMULATOR_HOST ?? '',
    secretManagerHost: hosts.RODEX_SECRET_MANAGER_EMULATOR_HOST ?? '',
    storageUrl: hosts.STORAGE_EMULATOR_HOST ?? '',
  };
}
