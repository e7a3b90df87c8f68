import type { ErrorCode, ErrorInfo } from '../contracts/error-code.ts';

const MARKER = Symbol.for('rodex.app-error');

type Details = NonNullable<ErrorInfo['details']>;

/** The one error type. `message` names what is wrong and the cure; decisions go by `code`, never by the text. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: Details | undefined;
  readonly [MARKER] = true;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; retryable?: boolean; details?: Details } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details;
  }

  /** True for an AppError of any copy of this module, also across bundles. */
  static is(error: unknown, code?: ErrorCode): error is AppError {
    if (typeof error !== 'object' || error === null || !(MARKER in error)) return false;
    return code === undefined || (error as AppError).code === code;
  }

  /** Wraps what is not an AppError as `internal`, keeping it as the cause. */
  static from(error: unknown, code: ErrorCode = 'internal'): AppError {
    if (AppError.is(error)) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new AppError(code, message, { cause: error });
  }

  toInfo(): ErrorInfo {
    return {
      code: this.code,
      message: this.message.slice(0, 4_000),
      retryable: this.retryable,
      ...(this.details && { details: this.details }),
    };
  }
}
