import { createHash, createHmac } from 'node:crypto';

import canonicalize from 'canonicalize';

/** SHA-256 of bytes or text, as `sha256:<64 hex>`. */
export function digestOf(content: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** Canonical JSON (RFC 8785, JCS): the only form that is hashed or signed. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('value has no JSON form');
  return text;
}

/** Digest of a value's canonical JSON. */
export function digestOfJson(value: unknown): string {
  return digestOf(canonicalJson(value));
}

/** HMAC-SHA-256 of text under a secret salt, as `hmac:<64 hex>`: short values cannot be guessed from it. */
export function keyedDigestOf(salt: Uint8Array, text: string): string {
  return `hmac:${createHmac('sha256', salt).update(text).digest('hex')}`;
}
