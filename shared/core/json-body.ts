import { AppError } from './errors.ts';

export const MAX_BODY_BYTES = 1024 * 1024;
export const MAX_DEPTH = 40;

const invalid = (message: string, cause?: unknown): AppError =>
  new AppError('invalid_request', message, { cause });

/** Depth is counted on the bytes, before anything recursive sees them. */
function assertShallow(bytes: Buffer): void {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (inString) {
      if (byte === 0x5c) index += 1;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > MAX_DEPTH) throw invalid(`the body is nested deeper than ${MAX_DEPTH} levels`);
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
}

function assertNoPrototypeKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Object.hasOwn(value, '__proto__')) throw invalid('"__proto__" is no name of a field');
  for (const inner of Object.values(value)) assertNoPrototypeKeys(inner);
}

/** JSON of at most 1 MiB and 40 levels. Errors: `payload_too_large`, `invalid_request`. */
export function parseJsonBody(bytes: Buffer): unknown {
  if (bytes.length > MAX_BODY_BYTES)
    throw new AppError('payload_too_large', 'the body is larger than 1 MiB');
  assertShallow(bytes);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const said = error instanceof Error ? error.message : '';
    throw invalid(`the body is not valid JSON: ${said}`, error);
  }
  assertNoPrototypeKeys(value);
  return value;
}
