import { AppError } from '../core/errors.ts';

/** gRPC status codes that Firestore answers with. */
const INVALID_ARGUMENT = 3;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const FAILED_PRECONDITION = 9;
const ABORTED = 10;
const INTERNAL = 13;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

function statusOf(error: unknown): number | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'number' ? code : undefined;
}

/** A precondition of the batch did not hold (or the reply to its first sending was lost and it was sent again). */
export function isRefusal(error: unknown): boolean {
  return [NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION].includes(statusOf(error) ?? -1);
}

/** Worth sending again: nothing was applied, or the batch's mark will tell that it was. */
export function isPassing(error: unknown): boolean {
  return [ABORTED, UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, RESOURCE_EXHAUSTED].includes(
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
