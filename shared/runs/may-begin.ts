import type { LogEntry } from '../contracts/log-entry.ts';
import type { Run } from '../contracts/run.ts';
import { AppError } from '../core/errors.ts';

/** Nothing may be begun in a run that is paused, to be cancelled, or past its deadline. */
export function checkMayBegin(run: Run, entry: LogEntry): void {
  const { deadline } = run.contract;
  if (run.cancelRequested)
    throw new AppError('run_cancelled', `run ${run.runId}: a cancel was asked for`);
  if (run.paused)
    throw new AppError('run_paused', `run ${run.runId} is paused; \`rodex resume\` lets it go on`);
  if (deadline !== undefined && Date.parse(entry.at) >= Date.parse(deadline))
    throw new AppError('run_expired', `run ${run.runId} reached its deadline, ${deadline}`);
}
