import { AppError } from '../../../shared/core/errors.ts';

export interface StallLimits {
  /** Until the first byte; models think before they speak. */
  readonly firstMs: number;
  readonly restMs: number;
}

function stalled(limitMs: number): AppError {
  return new AppError('model_unavailable', `Gemini sent nothing for ${limitMs / 1_000} s.`, {
    retryable: true,
  });
}

/**
 * Iterates over what `open` gives and throws when no byte came for too long, keep-alives counted. Time that the reader spends on a
 * value is not the model's silence. Closes the source in any case.
 */
export async function* withDeadline<T>(
  open: (onBytes: () => void) => AsyncIterable<T>,
  limits: StallLimits,
  abort: AbortController,
): AsyncGenerator<T> {
  let limit = limits.firstMs;
  let since = performance.now();
  const onBytes = (): void => {
    since = performance.now();
    limit = limits.restMs;
  };
  const iterator = open(onBytes)[Symbol.asyncIterator]();
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<never>((_resolve, reject) => {
        const check = (): void => {
          const left = limit - (performance.now() - since);
          if (left <= 0) reject(stalled(limit));
          else timer = setTimeout(check, Math.max(left, 1));
        };
        since = performance.now();
        check();
      });
      const next = iterator.next();
      // When the deadline wins, the pending read ends by the abort below and must not surface as unhandled.
      next.catch(() => undefined);
      const result = await Promise.race([next, silence]).finally(() => clearTimeout(timer));
      if (result.done === true) return;
      limit = limits.restMs;
      yield result.value;
    }
  } finally {
    abort.abort();
    void iterator.return?.().catch(() => undefined);
  }
}
