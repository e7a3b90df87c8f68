import { AppError } from '../core/errors.ts';
import {
  NOT_FOUND,
  ALREADY_EXISTS,
  PERMISSION_DENIED,
  FAILED_PRECONDITION,
  ABORTED,
  UNAUTHENTICATED,
  statusOf,
} from '../core/grpc-status.ts';

export const isMissing = (error: unknown): boolean => statusOf(error) === NOT_FOUND;
export const isThere = (error: unknown): boolean => statusOf(error) === ALREADY_EXISTS;
/** A version that was disabled or destroyed. */
export const isGone = (error: unknown): boolean =>
  isMissing(error) || statusOf(error) === FAILED_PRECONDITION;

/** Somebody else changed it first. */
export const isConflict = (error: unknown): boolean =>
  [ABORTED, FAILED_PRECONDITION].includes(statusOf(error) ?? -1);

/** `what` says what was done with which secret; never its value. */
export function secretManagerError(error: unknown, what: string): unknown {
  if (AppError.is(error)) return error;
  const status = statusOf(error);
  const said = error instanceof Error ? error.message : String(error);
  if (status === PERMISSION_DENIED || status === UNAUTHENTICATED)
    return new AppError(
      'permission_denied',
      `${what}: Secret Manager refuses this identity: reading needs roles/secretmanager.secretAccessor and roles/secretmanager.viewer, setting roles/secretmanager.admin (${said})`,
      { cause: error },
    );
  return new AppError(
    'store_unavailable',
    `${what}: Secret Manager is not available now: ${said}`,
    { cause: error, retryable: true },
  );
}
