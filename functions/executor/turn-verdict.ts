import type { LogEventOf } from '../../shared/contracts/log-entry.ts';
import type { Turn } from '../../shared/contracts/plan.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Interruption, SessionEnd } from './session-end.ts';

/** Why a turn is over, and the session with it when `end` or `error` is set. */
export interface TurnVerdict {
  readonly reason: LogEventOf<'turn.closed'>['reason'];
  readonly detail?: string;
  /** The session is over with it. */
  readonly end?: Interruption | (() => Promise<SessionEnd>);
  /** The run fails with this. */
  readonly error?: AppError;
}

/** A wait for a person that gave no answer ends the session. */
export function interruptedBy(end: Interruption, detail: string): TurnVerdict {
  return { reason: 'human', detail, end };
}

/** Why the plan's stream broke. */
export function errorOf(turn: Turn | undefined): AppError {
  const error = turn?.error;
  if (!error)
    return new AppError('model_stream_broken', 'the plan ended before it was complete', {
      retryable: true,
    });
  return new AppError(error.code, error.message, { retryable: error.retryable });
}
