import { AppError } from '../core/errors.ts';

function statusOf(error: unknown): number | undefined {
  const { code, status } = (error ?? {}) as { code?: unknown; status?: unknown };
  const known = [code, status].find((value) => typeof value === 'number');
  return typeof known === 'number' ? known : undefined;
}

export const isMissing = (error: unknown): boolean => statusOf(error) === 404;

/** `what` says what was done with which artifact. */
export function cloudStorageError(error: unknown, what: string): unknown {
  if (AppError.is(error)) return error;
  const status = statusOf(error);
  const said = error instanceof Error ? error.message : String(error);
  if (status === 401 || status === 403)
    return new AppError(
      'permission_denied',
      `${what}: Cloud Storage refuses this identity: give it roles/storage.objectUser on the bucket, and roles/iam.serviceAccountTokenCreator on itself to sign URLs (${said})`,
      { cause: error },
    );
  if (status === 404)
    return new AppError(
      'invalid_config',
      `${what}: the bucket is not there; \`rodex doctor --gcp\` says how to make it (${said})`,
      { cause: error },
    );
  return new AppError('store_unavailable', `${what}: Cloud Storage is not available now: ${said}`, {
    cause: error,
    retryable: true,
  });
}
