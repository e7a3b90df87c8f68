import type { LogEvent, LogEventOf } from '../contracts/log-entry.ts';
import type { Run } from '../contracts/run.ts';

/**
 * The entries that end a run. One that ends while a commit's outcome is not known says so: whoever starts the work again must know
 * that it may have been done.
 */
export function endRun(run: Run, event: LogEventOf<'run.ended'>): LogEvent[] {
  const intent = run.openIntent;
  if (!intent || intent.effect === 'read' || intent.effect === 'write') return [event];
  const { stepId, commitName } = intent;
  const note = `whether "${commitName ?? stepId}" took effect is not known: look it up before you do it again`;
  const error = event.error ?? { code: 'needs_resolution' as const, message: '', retryable: false };
  return [
    { type: 'step.uncertain', leaseEpoch: run.leaseEpoch, stepId, reason: 'the run ended first' },
    {
      ...event,
      error: {
        ...error,
        message: error.message === '' ? note : `${error.message}; ${note}`,
        details: { ...error.details, uncertainStep: stepId },
      },
    },
  ];
}
