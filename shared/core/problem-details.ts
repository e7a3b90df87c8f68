import type { z } from 'zod';

import type { Problem } from '../contracts/problem.ts';
import { httpStatus } from './error-table.ts';
import { AppError } from './errors.ts';

interface FieldError {
  readonly field: string;
  readonly message: string;
}

type Issue = z.core.$ZodIssue;

/** Of the forms that a value may have, the one that it comes nearest to says what is wrong; single values are left as they are. */
function meant(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const [nearest] = issue.errors.toSorted((left, right) => left.length - right.length);
  const within = (nearest ?? []).filter(
    ({ path, code }) => path.length > 0 || code === 'unrecognized_keys',
  );
  if (within.length === 0) return [issue];
  return within.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(meant);
}

/** Validates what was sent; the error names each field, what is wrong with it and what would be right. */
export function parseInput<Output>(
  code: 'invalid_request' | 'not_found',
  schema: z.ZodType<Output>,
  value: unknown,
): Output {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors: FieldError[] = parsed.error.issues.flatMap(meant).map((issue) => ({
    field:
      issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : 'body'),
    message:
      issue.code === 'unrecognized_keys'
        ? `unknown field: ${issue.keys.join(', ')}; /openapi.json lists the fields`
        : issue.message,
  }));
  const first = errors[0];
  throw new AppError(code, `${first?.field ?? 'body'}: ${first?.message ?? 'is not valid'}`, {
    details: { errors: errors.map((error) => ({ ...error })) },
  });
}

function fieldErrors(error: AppError): FieldError[] | undefined {
  const errors = error.details?.['errors'];
  return Array.isArray(errors) ? (errors as unknown as FieldError[]) : undefined;
}

/** The error as problem details (RFC 9457). */
export function problemOf(error: AppError): Problem {
  const errors = fieldErrors(error);
  return {
    type: `https://rodex.dev/problems/${error.code}`,
    title: error.code.replaceAll('_', ' '),
    status: httpStatus(error.code),
    detail:
      error.code === 'internal'
        ? 'something went wrong here; the log of the service says what'
        : error.message,
    code: error.code,
    ...(errors && { errors }),
  };
}
