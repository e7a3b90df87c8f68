import type { LogEvent } from '../contracts/log-entry.ts';
import type { Run } from '../contracts/run.ts';
import { AppError } from '../core/errors.ts';

export function without<Key extends keyof Run>(run: Run, key: Key): Run {
  const { [key]: _removed, ...rest } = run;
  return rest as Run;
}

/** What an entry meets that is not possible in this state. */
export function illegal(run: Run, event: LogEvent, why: string): AppError {
  return new AppError('conflict', `run ${run.runId}: ${event.type} is not possible now: ${why}`, {
    details: { status: run.status, seq: run.seq },
  });
}
