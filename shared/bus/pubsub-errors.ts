import { AppError } from '../core/errors.ts';
import {
  INVALID_ARGUMENT,
  NOT_FOUND,
  ALREADY_EXISTS,
  PERMISSION_DENIED,
  FAILED_PRECONDITION,
  UNAUTHENTICATED,
  statusOf,
} from '../core/grpc-status.ts';

export const isMissing = (error: unknown): boolean => statusOf(error) === NOT_FOUND;
export const isThere = (error: unknown): boolean => statusOf(error) === ALREADY_EXISTS;

/** `what` names the topic or subscription, and what is done with it: "publishing to rodex-plan". */
export function pubsubError(error: unknown, what: string): unknown {
  if (AppError.is(error)) return error;
  const status = statusOf(error);
  const said = error instanceof Error ? error.message : String(error);
  if (status === PERMISSION_DENIED || status === UNAUTHENTICATED)
    return new AppError(
      'permission_denied',
      `${what}: Pub/Sub refuses this identity; \`rodex doctor --gcp\` names the role that it lacks (${said})`,
      { cause: error },
    );
  if (status === NOT_FOUND)
    return new AppError(
      'invalid_config',
      `${what}: it does not exist; \`rodex doctor --gcp\` says how to make it (${said})`,
      { cause: error },
    );
  if (status === INVALID_ARGUMENT || status === FAILED_PRECONDITION)
    return new AppError('invalid_config', `${what}: Pub/Sub refuses it: ${said}`, { cause: error });
  return new AppError('bus_unavailable', `${what}: Pub/Sub is not available now: ${said}`, {
    cause: error,
    retryable: true,
  });
}
