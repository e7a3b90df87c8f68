import { KeyManagementServiceClient } from '@google-cloud/kms';
import { credentials } from '@grpc/grpc-js';

import { crc32c } from '../core/crc32c.ts';
import { AppError } from '../core/errors.ts';

export interface KmsOptions {
  /** `host:port` of a stand-in that speaks the protocol without TLS. */
  readonly emulatorHost?: string;
}

const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const FAILED_PRECONDITION = 9;

export function kmsClient({ emulatorHost }: KmsOptions): KeyManagementServiceClient {
  if (emulatorHost === undefined) return new KeyManagementServiceClient();
  const { hostname, port } = new URL(`http://${emulatorHost}`);
  return new KeyManagementServiceClient({
    projectId: 'demo-kms',
    apiEndpoint: hostname,
    port: Number(port),
    sslCreds: credentials.createInsecure(),
  });
}

/** Whether KMS says that it refuses what it was given, rather than who gave it. */
export const isRefused = (error: unknown): boolean =>
  (error as { code?: unknown } | null)?.code === INVALID_ARGUMENT;

export function kmsError(error: unknown, what: string, role: string): unknown {
  if (AppError.is(error)) return error;
  const code = (error as { code?: unknown } | null)?.code;
  const said = error instanceof Error ? error.message : String(error);
  if (code === PERMISSION_DENIED)
    return new AppError(
      'permission_denied',
      `${what}: Cloud KMS refuses this identity: give it ${role} on the key (${said})`,
      { cause: error },
    );
  if (code === NOT_FOUND || code === FAILED_PRECONDITION || code === INVALID_ARGUMENT)
    return new AppError(
      'invalid_config',
      `${what}: the key is not there, disabled, or of another kind; \`rodex doctor --gcp\` looks for it (${said})`,
      { cause: error },
    );
  return new AppError('store_unavailable', `${what}: Cloud KMS is not available now: ${said}`, {
    cause: error,
    retryable: true,
  });
}

/** The bytes as they were sent. Errors: `store_unavailable` when they changed on the way. */
export function intact(
  bytes: Uint8Array | string | null | undefined,
  sum: { readonly value?: unknown } | null | undefined,
): Uint8Array {
  const whole = Buffer.from((bytes as Uint8Array | undefined) ?? []);
  const { value } = sum ?? {};
  if (value !== undefined && value !== null && Number(value) === crc32c(whole)) return whole;
  throw new AppError('store_unavailable', "Cloud KMS's answer was changed on the way", {
    retryable: true,
  });
}
