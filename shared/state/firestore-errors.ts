import { AppError } from '../core/errors.ts';
import {
  INVALID_ARGUMENT,
  DEADLINE_EXCEEDED,
  NOT_FOUND,
  ALREADY_EXISTS,
  PERMISSION_DENIED,
  RESOURCE_EXHAUSTED,
  FAILED_PRECONDITION,
  ABORTED,
  INTERNAL,
  UNAVAILABLE,
  UNAUTHENTICATED,
  UNKNOWN,
  statusOf,
} from '../core/grpc-status.ts';

/** A precondition of the batch did not hold (or the reply to its first sending was lost and it was sent again). */
export function isRefusal(error: unknown): boolean {
  return [NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION].includes(statusOf(error) ?? -1);
}

/** Worth sending again: nothing was applied, or the batch's mark will tell that it was. */
export function isPassing(error: unknown): boolean {
  return [ABORTED, UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, RESOURCE_EXHAUSTED, UNKNOWN].includes(
    statusOf(error) ?? -1,
  );
}

export function firestoreError(error: unknown): unknown {
  if (AppError.is(error)) return error;
  const status = statusOf(error);
  const said = error instanceof Error ? error.message : String(error);
  if (status === PERMISSION_DENIED || status === UNAUTHENTICATED) {
    return new AppError(
      'permission_denied',
      `Firestore refuses this identity: give it roles/datastore.user (${said})`,
      { cause: error },
    );
  }
  if (status === FAILED_PRECONDITION) {
    return new AppError('invalid_config', `Firestore needs an index for this query: ${said}`, {
      cause: error,
    });
  }
  if (status === INVALID_ARGUMENT) {
    return new AppError('invalid_request', `Firestore refuses the request: ${said}`, {
      cause: error,
    });
  }
  if (isPassing(error)) {
    return new AppError('store_unavailable', `Firestore is not available now: ${said}`, {
      cause: error,
      retryable: true,
    });
  }
  return new AppError('store_unavailable', `Firestore failed: ${said}`, { cause: error });
}
