import { createHash } from 'node:crypto';

import type { Request } from 'express';

import { AppError } from '../../shared/core/errors.ts';

/** Strong, opaque: the store's version is not shown. */
export function entityTag(version: string): string {
  return `"${createHash('sha256').update(version).digest('base64url').slice(0, 22)}"`;
}

const tags = (header: string): string[] => header.split(',').map((tag) => tag.trim());

/** True when `If-None-Match` names what would be shown. */
export function isKnown(request: Request, etag: string): boolean {
  const header = request.get('if-none-match');
  return (
    header !== undefined &&
    tags(header).some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag)
  );
}

/** Throws `precondition_failed` when the caller saw another version than the one that is there. */
export function assertMatches(ifMatch: string | undefined, version: string): void {
  if (ifMatch === undefined) return;
  const etag = entityTag(version);
  if (!tags(ifMatch).some((tag) => tag === '*' || tag === etag))
    throw new AppError(
      'precondition_failed',
      `If-Match: it is ${etag} now; read it again and repeat what should change`,
    );
}
