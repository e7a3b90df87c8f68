import type { ErrorRequestHandler, Response } from 'express';

import { httpStatus } from '../../shared/core/error-table.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Logger } from '../../shared/core/logger.ts';
import { problemOf } from '../../shared/core/problem-details.ts';

export function sendProblem(response: Response, error: AppError): void {
  const problem = problemOf(error);
  if (problem.status === 401) response.set('www-authenticate', 'Bearer realm="rodex"');
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
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
