import { createHash, randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

function encode(bytes: Uint8Array, length: number): string {
  let text = '';
  for (let index = 0; index < length; index += 1) text += ALPHABET[(bytes[index] ?? 0) & 31];
  return text;
}

/** A random id such as `run_7k3…` (20 characters of Crockford base 32: 100 bits). */
export function randomId(prefix: string): string {
  return `${prefix}_${encode(randomBytes(20), 20)}`;
}

/** The same id for the same parts: what makes an at-least-once trigger start one run (design: deterministic ids). */
export function deterministicId(prefix: string, ...parts: string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest();
  return `${prefix}_${encode(hash, 20)}`;
}
