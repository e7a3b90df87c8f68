import type { ErrorRequestHandler, Response } from 'express';
import type { z } from 'zod';

import type { Problem } from '../../shared/contracts/problem.ts';
import { httpStatus } from '../../shared/core/error-table.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Logger } from '../../shared/core/logger.ts';

interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** Validates a body; the error names each field, what is wrong with it and what would be right. */
export function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const errors: FieldError[] = parsed.error.issues.map((issue) => ({
    field:
      issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : 'body'),
    message:
      issue.code === 'unrecognized_keys'
        ? `unknown field: ${issue.keys.join(', ')}; /openapi.json lists the fields`
        : issue.message,
  }));
  const first = errors[0];
  throw new AppError(
    'invalid_request',
    `${first?.field ?? 'body'}: ${first?.message ?? 'is not valid'}`,
    {
      details: { errors: errors.map((error) => ({ ...error })) },
    },
  );
}

function fieldErrors(error: AppError): FieldError[] | undefined {
  const errors = error.details?.['errors'];
  return Array.isArray(errors) ? (errors as unknown as FieldError[]) : undefined;
}

export function sendProblem(response: Response, error: AppError): void {
  const status = httpStatus(error.code);
  const errors = fieldErrors(error);
  const problem: Problem = {
    type: `https://rodex.dev/problems/${error.code}`,
    title: error.code.replaceAll('_', ' '),
    status,
    detail:
      error.code === 'internal'
        ? 'something went wrong here; the log of the service says what'
        : error.message,
    code: error.code,
    ...(errors && { errors }),
  };
  response.status(status).type('application/problem+json').send(JSON.stringify(problem));
}

interface BodyParserError {
  readonly type: string;
  readonly message: string;
}

function fromBodyParser(error: unknown): AppError | undefined {
  if (typeof error !== 'object' || error === null || !('type' in error)) return undefined;
  const { type, message } = error as BodyParserError;
  if (type === 'entity.too.large')
    return new AppError('payload_too_large', 'the body is larger than 1 MiB');
  if (type === 'entity.parse.failed')
    return new AppError('invalid_request', `the body is not valid JSON: ${message}`);
  if (type.startsWith('entity.') || type.startsWith('encoding.') || type.startsWith('charset.'))
    return new AppError('invalid_request', message);
  return undefined;
}

export function problemHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const problem = fromBodyParser(error) ?? AppError.from(error);
    if (httpStatus(problem.code) >= 500) {
      const { path } = request;
      log.error('request failed', { path, code: problem.code, error: problem.message });
      log.debug('request failed here', { path, stack: problem.stack });
    }
    if (response.headersSent) next(error);
    else sendProblem(response, problem);
  };
}
