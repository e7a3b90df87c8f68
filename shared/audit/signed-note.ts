import { createHash, createPublicKey, verify } from 'node:crypto';

import { AppError } from '../core/errors.ts';
import type { CheckpointSigner } from './checkpoint-signer.ts';

/** Signed notes and checkpoints of C2SP (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), Ed25519 only. */

const ED25519 = 1;
/** SubjectPublicKeyInfo of Ed25519 (RFC 8410), up to the 32 bytes of the key. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const SIGNATURE = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/;

export interface NoteKey {
  readonly name: string;
  /** Four bytes in hex by which a signature names its key. */
  readonly id: string;
  readonly publicKey: Uint8Array;
}

export interface Checkpoint {
  /** Names the log; the same for all of its checkpoints. */
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  /** Wall time of the signer (extension line). */
  readonly at?: string;
}

/** `edited`: the signature is not of this text. `wrong-key`: none of the signatures is by that key. `malformed`: no checkpoint. */
export type NoteVerdict =
  | { readonly ok: true; readonly checkpoint: Checkpoint }
  | {
      readonly ok: false;
      readonly why: 'malformed' | 'wrong-key' | 'edited';
      readonly checkpoint?: Checkpoint;
    };

function keyId(name: string, publicKey: Uint8Array): string {
  const text = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ED25519), publicKey]);
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

export function noteKey(name: string, publicKey: Uint8Array): NoteKey {
  return { name, id: keyId(name, publicKey), publicKey };
}

/** The verifier key in text: `name+id+base64`. */
export function formatNoteKey({ name, id, publicKey }: NoteKey): string {
  return `${name}+${id}+${Buffer.concat([Buffer.of(ED25519), publicKey]).toString('base64')}`;
}

/** Errors: `invalid_request` when it is no verifier key. */
export function parseNoteKey(text: string): NoteKey {
  const [, name = '', id = '', base64 = ''] =
    /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  const key = noteKey(name, bytes.subarray(1));
  if (bytes.length !== 33 || bytes[0] !== ED25519 || key.id !== id)
    throw new AppError(
      'invalid_request',
      'the public key is none: give the line that `rodex audit key` prints, NAME+8 hex digits+base64, or a file that holds it',
    );
  return key;
}

function textOf({ origin, size, root, at }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n${at === undefined ? '' : `at ${at}\n`}`;
}

export async function signCheckpoint(
  signer: CheckpointSigner,
  checkpoint: Checkpoint,
): Promise<string> {
  const text = textOf(checkpoint);
  const id = keyId(signer.name, await signer.publicKey());
  const signature = await signer.sign(Buffer.from(text));
  const base64 = Buffer.concat([Buffer.from(id, 'hex'), signature]).toString('base64');
  return `${text}\n— ${signer.name} ${base64}\n`;
}

/** The text of a checkpoint without looking at who signed it. */
export function parseCheckpoint(note: string): Checkpoint | undefined {
  const [origin = '', size = '', root = '', ...more] = (note.split('\n\n')[0] ?? '').split('\n');
  if (origin === '' || !/^(0|[1-9]\d{0,15})$/.test(size)) return undefined;
  const hash = Buffer.from(root, 'base64');
  if (hash.length !== 32 || hash.toString('base64') !== root) return undefined;
  const at = more.find((line) => line.startsWith('at '))?.slice(3);
  return { origin, size: Number(size), root: hash, ...(at !== undefined && { at }) };
}

export function verifyNote(note: string, key: NoteKey): NoteVerdict {
  const end = note.lastIndexOf('\n\n');
  const checkpoint = parseCheckpoint(note);
  if (end < 0 || !note.endsWith('\n')) return { ok: false, why: 'malformed' };
  const known = checkpoint && { checkpoint };
  const signatures = note.slice(end + 2, -1).split('\n');
  const spki = Buffer.concat([SPKI, key.publicKey]);
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  for (const line of signatures) {
    const [, name, base64 = ''] = SIGNATURE.exec(line) ?? [];
    const bytes = Buffer.from(base64, 'base64');
    if (name !== key.name || bytes.subarray(0, 4).toString('hex') !== key.id) continue;
    const good = verify(null, Buffer.from(note.slice(0, end + 1)), publicKey, bytes.subarray(4));
    if (good && checkpoint) return { ok: true, checkpoint };
    return { ok: false, why: good ? 'malformed' : 'edited', ...known };
  }
  const lines = signatures.every((line) => SIGNATURE.test(line));
  return { ok: false, why: lines ? 'wrong-key' : 'malformed', ...known };
}
