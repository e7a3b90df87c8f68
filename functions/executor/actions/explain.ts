import type { OutcomeInput } from '../../../shared/contracts/outcome.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { DocumentGone, ElementGone } from '../browser/frame-record.ts';
import type { Tab } from '../browser/tab.ts';
import { StepStop } from './step.ts';

/** What an error means for the outcome of a step. Throws when the page or the browser was lost. */
export function explain(
  error: unknown,
  tab: Tab,
  touched: boolean,
  lost: AbortSignal,
): { status: OutcomeInput['status']; code?: AppError['code']; message: string } {
  if (lost.aborted) throw lost.reason;
  if (tab.crashed)
    throw new AppError('page_crashed', 'the page crashed', { cause: error, retryable: true });
  if (error instanceof StepStop)
    return { status: error.status, code: error.code, message: error.message };
  if (error instanceof ElementGone || error instanceof DocumentGone) {
    if (touched)
      return {
        status: 'failed',
        code: 'action_failed',
        message: 'the target went away while it was acted on',
      };
    return {
      status: 'stale',
      code: 'target_stale',
      message: 'the target went away before it was acted on; observe again',
    };
  }
  const known = AppError.is(error) ? error : AppError.from(error, 'action_failed');
  const { code, message } = known;
  if (code === 'target_stale' || code === 'target_not_found')
    return { status: 'stale', code, message };
  if (code === 'action_timeout') return { status: 'timeout', code, message };
  if (/^(origin_refused|scheme_refused|secret_refused|secret_missing|invalid_request)$/.test(code))
    return { status: touched ? 'failed' : 'refused', code, message };
  return { status: 'failed', code, message: message.split('\n')[0] ?? '' };
}
