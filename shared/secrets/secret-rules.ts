import { z } from 'zod';

import { TenantId } from '../contracts/run.ts';
import { AppError } from '../core/errors.ts';

export const SecretName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);
/** As Secret Manager has it. */
const MAX_VALUE_BYTES = 65_536;

export function checkTenant(tenantId: string): void {
  if (TenantId.safeParse(tenantId).success) return;
  throw new AppError('invalid_request', `"${tenantId}" is no tenant id`);
}

export function checkName(name: string): void {
  if (SecretName.safeParse(name).success) return;
  throw new AppError(
    'invalid_request',
    'the name of a secret is lower-case letters, digits and dashes, 63 at most',
  );
}

export function checkValue(name: string, value: string): void {
  if (value === '' || !value.isWellFormed()) {
    throw new AppError('invalid_request', `the value of ${name} is empty or no text`);
  }
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES) {
    throw new AppError(
      'payload_too_large',
      `the value of ${name} is over ${MAX_VALUE_BYTES} bytes`,
    );
  }
}

export function checkOrigin(name: string, origin: string): void {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url?.origin === origin && /^https?:$/.test(url.protocol)) return;
  throw new AppError(
    'invalid_request',
    `${name}: "${origin}" is no origin such as https://shop.example or http://127.0.0.1:8080`,
  );
}
