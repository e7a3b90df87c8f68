import { AppError } from '../../../shared/core/errors.ts';

export interface ErrorContext {
  readonly model: string;
  readonly apiKey: string;
}

interface VendorError {
  readonly status?: number;
  readonly message: string;
  readonly details: readonly unknown[];
  /** From the header, which stands in when the body names no delay. */
  readonly retryAfterMs?: number | undefined;
}

const BLOCKED = new Set([
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
]);
const MALFORMED = new Set([
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
]);

function clean(text: string, context: ErrorContext): string {
  const withoutKey = context.apiKey === '' ? text : text.replaceAll(context.apiKey, '[key]');
  return withoutKey.replace(/\s+/g, ' ').slice(0, 600);
}

/** Delay that the service asked for (google.rpc.RetryInfo), in ms. */
function retryDelayMs(details: readonly unknown[]): number | undefined {
  for (const detail of details) {
    const delay = (detail as { retryDelay?: unknown } | null)?.retryDelay;
    const seconds = typeof delay === 'string' ? /^(\d+(?:\.\d+)?)s$/.exec(delay)?.[1] : undefined;
    if (seconds !== undefined) return Math.ceil(Number(seconds) * 1_000);
  }
  return undefined;
}

function fromStatus(error: VendorError, context: ErrorContext): AppError {
  const { status = 0 } = error;
  const said = clean(error.message, context);
  const delay = retryDelayMs(error.details) ?? error.retryAfterMs;
  if (status === 429 || status === 408 || status >= 500) {
    const cure =
      status === 429
        ? 'The quota of this key is used up for the moment; wait, or raise it.'
        : 'Try again later.';
    return new AppError(
      'model_unavailable',
      `Gemini (${context.model}) answered ${status}: ${said} ${cure}`,
      {
        retryable: true,
        details: { status, ...(delay !== undefined && { retryDelayMs: delay }) },
      },
    );
  }
  // The service has no code for it; this is the vendor's edge, and from here on it is a detail of ours.
  if (status === 400 && /too many states/i.test(said))
    return new AppError(
      'model_rejected',
      `"${context.model}" cannot be held to the plan's schema: ${said} Set GEMINI_PLAN_FORM=calls.`,
      { details: { status, schemaRefused: true } },
    );
  const cure =
    status === 401 || status === 403 || /api key/i.test(said)
      ? 'Check that GEMINI_API_KEY is a valid key that may use this model.'
      : status === 404
        ? `Check the model's name: "${context.model}" is not known to this endpoint.`
        : `The request or the model's settings do not suit "${context.model}"; another model may.`;
  return new AppError(
    'model_rejected',
    `Gemini refused the request with ${status}: ${said} ${cure}`,
    { details: { status } },
  );
}

/** What a failed call means. Decided by status and kind; texts are only passed on to people. */
export function fromVendorError(error: unknown, context: ErrorContext): AppError {
  if (AppError.is(error)) return error;
  const vendor = error as {
    status?: unknown;
    message?: unknown;
    errorDetails?: unknown;
    retryAfterMs?: number;
  };
  const message = typeof vendor.message === 'string' ? vendor.message : String(error);
  if (typeof vendor.status === 'number') {
    const details = Array.isArray(vendor.errorDetails) ? vendor.errorDetails : [];
    const { status, retryAfterMs } = vendor as { status: number; retryAfterMs?: number };
    return fromStatus({ status, message, details, retryAfterMs }, context);
  }
  const said = clean(message, context);
  return new AppError(
    'model_stream_broken',
    `The connection to Gemini (${context.model}) broke: ${said}`,
    {
      cause: error,
      retryable: true,
    },
  );
}

/** An error object inside a stream that began with HTTP 200. */
export function fromStreamError(error: unknown, context: ErrorContext): AppError {
  const { code, message, status, details } = (
    typeof error === 'object' && error !== null ? error : {}
  ) as Record<string, unknown>;
  if (typeof code !== 'number')
    return new AppError(
      'model_stream_broken',
      `Gemini (${context.model}) reported an error inside its answer.`,
      { retryable: true },
    );
  return fromStatus(
    {
      status: code,
      message: [status, message].filter((part) => typeof part === 'string').join(' '),
      details: Array.isArray(details) ? details : [],
    },
    context,
  );
}

export function fromBlockReason(reason: string, context: ErrorContext): AppError {
  return new AppError(
    'model_blocked',
    `Gemini (${context.model}) would not read the request: ${reason}. Rephrase the goal.`,
    {
      details: { blockReason: reason },
    },
  );
}

/** The error of an answer that ended for another reason than STOP; undefined for STOP. */
export function fromFinishReason(reason: string, context: ErrorContext): AppError | undefined {
  if (reason === 'STOP') return undefined;
  const details = { finishReason: reason };
  const who = `Gemini (${context.model})`;
  if (BLOCKED.has(reason))
    return new AppError(
      'model_blocked',
      `${who} stopped its answer: ${reason}. Rephrase the goal.`,
      { details },
    );
  if (MALFORMED.has(reason))
    return new AppError('model_invalid_plan', `${who} could not form its answer: ${reason}.`, {
      details: { ...details, reAsks: 2 },
    });
  if (reason === 'MAX_TOKENS')
    return new AppError(
      'model_stream_broken',
      `${who} ran out of output tokens in mid-plan; allow it more, or think less.`,
      { details },
    );
  return new AppError(
    'model_stream_broken',
    `${who} ended its answer with ${clean(reason, context)}.`,
    { details },
  );
}
