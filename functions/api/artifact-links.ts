import { createHmac, timingSafeEqual } from 'node:crypto';

import { z } from 'zod';

import { RunId, TenantId } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';

const Linked = z.strictObject({
  t: TenantId,
  r: RunId,
  n: z.string().min(1).max(200),
  /** Expires, ms since the epoch. */
  e: z.int(),
});

export interface LinkedArtifact {
  readonly tenantId: string;
  readonly runId: string;
  readonly name: string;
  readonly expiresAtMs: number;
}

const mac = (secret: Uint8Array, body: string): string =>
  createHmac('sha256', secret).update(body).digest('base64url');

/** A token that stands for one artifact until it expires. Whoever has it may fetch that artifact and nothing else. */
export function signLink(secret: Uint8Array, link: LinkedArtifact): string {
  const { tenantId: t, runId: r, name: n, expiresAtMs: e } = link;
  const body = Buffer.from(JSON.stringify({ t, r, n, e })).toString('base64url');
  return `${body}.${mac(secret, body)}`;
}

/** Errors: `not_found`, in the same words for a forged, a changed and an expired token. */
export function openLink(secret: Uint8Array, token: string, nowMs: number): LinkedArtifact {
  const refused = (): AppError => new AppError('not_found', 'that link is not valid (any more)');
  const [body = '', signature = '', ...rest] = token.split('.');
  const expected = Buffer.from(mac(secret, body));
  const given = Buffer.from(signature);
  if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected))
    throw refused();
  const { t, r, n, e } = Linked.parse(JSON.parse(Buffer.from(body, 'base64url').toString()));
  if (e <= nowMs) throw refused();
  return { tenantId: t, runId: r, name: n, expiresAtMs: e };
}
