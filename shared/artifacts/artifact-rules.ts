import { TenantId } from '../contracts/run.ts';
import { AppError } from '../core/errors.ts';

const MAX_NAME_BYTES = 200;
const RUN = /^[A-Za-z0-9_-]{1,64}$/;

export function checkRun(tenantId: string, runId: string): void {
  if (TenantId.safeParse(tenantId).success && RUN.test(runId)) return;
  throw new AppError('invalid_request', `"${tenantId}/${runId}" names no run`);
}

/** One path segment that means the same everywhere: no separators, no control characters, not dots alone. */
export function checkName(name: string): void {
  const safe =
    name.isWellFormed() &&
    !/[/\\\p{C}\p{Zl}\p{Zp}]/u.test(name) &&
    !/^\.*$/.test(name) &&
    name === name.trim() &&
    Buffer.byteLength(name) <= MAX_NAME_BYTES;
  if (safe) return;
  throw new AppError(
    'invalid_request',
    `${JSON.stringify(name.slice(0, 100))} is no name for an artifact: one path segment of ${MAX_NAME_BYTES} bytes at most, without slashes and control characters`,
  );
}

export function tooLarge(maxBytes: number): AppError {
  return new AppError('artifact_too_large', `the file is over ${maxBytes} bytes`, {
    details: { maxBytes },
  });
}
