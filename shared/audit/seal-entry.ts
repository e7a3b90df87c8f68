import { hash as digest } from 'node:crypto';

import { z } from 'zod';

import { POLICY_VERSION, type StoredLogEntry } from '../contracts/stored-log-entry.ts';
import { canonicalJson } from '../core/digest.ts';

/** `prevHash` of the first entry. */
export const GENESIS_HASH = '0'.repeat(64);

/** The fields that make the chain. Loose: entries of a newer schema still verify, since the hash covers whatever is there. */
export const Link = z.looseObject({
  schemaVersion: z.int(),
  tenantId: z.string(),
  runId: z.string(),
  seq: z.int().min(0),
  prevHash: z.string().regex(/^[0-9a-f]{64}$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  event: z.looseObject({ type: z.string() }).optional(),
  payload: z.string().optional(),
  sealed: z.string().optional(),
});
export type Link = z.infer<typeof Link>;

/** What an entry's hash covers: the canonical JSON of everything but the hash and the ciphertext, whose digest is in it. */
export function hashOf(entry: Readonly<Record<string, unknown>>): string | undefined {
  const { hash: _hash, sealed: _sealed, ...content } = entry;
  try {
    return digest('sha256', canonicalJson(content));
  } catch {
    // Lone surrogates and the like have no canonical form: nobody could have sealed this.
    return undefined;
  }
}

/** The ciphertext is the one whose digest the header holds; an event in clear has neither. */
export function hasItsPayload({ payload, sealed, event }: Link): boolean {
  if (payload === undefined) return sealed === undefined && event !== undefined;
  if (sealed === undefined || event !== undefined) return false;
  return payload === payloadDigest(Buffer.from(sealed, 'base64'));
}

/** `sha256:<hex>` of an encrypted payload. */
export function payloadDigest(bytes: Uint8Array): string {
  return `sha256:${digest('sha256', bytes)}`;
}

type Who = Pick<StoredLogEntry, 'tenantId' | 'runId' | 'seq' | 'at' | 'actor' | 'prevHash'>;
/** The event in clear, or encrypted: with its type and the digest of the ciphertext. */
type What =
  | { readonly event: NonNullable<StoredLogEntry['event']> }
  | { readonly type: string; readonly payload: string; readonly sealed: string };

/** Closes an entry. An event in clear must be plain JSON, as the store keeps it: the hash is over exactly that. */
export function sealEntry(who: Who, what: What): StoredLogEntry {
  const { tenantId, runId, seq, at, actor, prevHash } = who;
  const content =
    'event' in what
      ? { type: what.event.type, event: what.event }
      : { type: what.type, payload: what.payload };
  const open = {
    schemaVersion: 1 as const,
    tenantId,
    runId,
    seq,
    at,
    actor,
    policy: POLICY_VERSION,
    ...content,
    prevHash,
  };
  return {
    ...open,
    hash: digest('sha256', canonicalJson(open)),
    ...('sealed' in what && { sealed: what.sealed }),
  };
}

/** The entry's content and payload are those that its hash covers. */
export function isSound(value: unknown): boolean {
  const parsed = Link.safeParse(value);
  if (!parsed.success) return false;
  return (
    hasItsPayload(parsed.data) && hashOf(value as Record<string, unknown>) === parsed.data.hash
  );
}
