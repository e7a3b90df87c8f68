import type { AppError } from '../../../shared/core/errors.ts';
import type { PlanForm } from '../../../shared/contracts/planning.ts';
import type { PlanRequest } from './planning-event.ts';

export interface RetryRules {
  readonly maxAttempts: number;
  /** All attempts and the waits between them; no further attempt begins after it. */
  readonly maxRetryMs: number;
  readonly backOffMs: number;
  readonly maxBackOffMs: number;
}

function number(error: AppError, detail: string): number | undefined {
  const value = error.details?.[detail];
  return typeof value === 'number' ? value : undefined;
}

/** Ms to wait before the next attempt, by full jitter; undefined when there is none. Asked for only while no item has closed. */
export function retryWait(
  error: AppError,
  spent: { readonly attempts: number; readonly ms: number },
  rules: RetryRules,
  random: () => number,
): number | undefined {
  const { attempts, ms } = spent;
  const { maxAttempts, maxRetryMs, backOffMs, maxBackOffMs } = rules;
  if (attempts >= maxAttempts || ms >= maxRetryMs) return undefined;
  // The same call in another form; asked once, since the form stays.
  if (error.details?.['schemaRefused'] === true) return attempts === 1 ? 0 : undefined;
  const reAsks = number(error, 'reAsks');
  if (error.code === 'model_invalid_plan' && reAsks !== undefined)
    return attempts <= reAsks ? 0 : undefined;
  if (!error.retryable) return undefined;
  const jittered = random() * Math.min(maxBackOffMs, backOffMs * 2 ** (attempts - 1));
  const asked = number(error, 'retryDelayMs') ?? 0;
  const wait = asked + jittered;
  return asked > maxBackOffMs || ms + wait > maxRetryMs ? undefined : wait;
}

const STRICT: Readonly<Record<PlanForm, string>> = {
  json: 'Your last answer was no plan. Answer with exactly one JSON document {"steps": [ … ]} and nothing around it.',
  calls: 'Your last answer was no plan. Answer with function calls only, one to a step.',
  'computer-use': 'Your last answer was no plan. Answer with function calls only.',
};

/** `request` with a word on what was wrong, behind what was asked first, so that the prefix stays and words do not pile up. */
export function strictly(request: PlanRequest, asked: PlanRequest['contents']): PlanRequest {
  const last = asked.at(-1);
  if (last?.role !== 'user') return request;
  const text = STRICT[request.form ?? 'json'];
  const contents = [...asked.slice(0, -1), { ...last, parts: [...last.parts, { text }] }];
  return { ...request, contents };
}
