import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';

const NONCE = 12;
const TAG = 16;

/** AES-256-GCM with a random nonce; `place` is authenticated. Gives nonce, tag and ciphertext. */
export function encrypt(key: Uint8Array, plain: Uint8Array, place: string): Buffer {
  const head = Buffer.allocUnsafe(NONCE + TAG);
  const nonce = randomFillSync(head.subarray(0, NONCE));
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(place));
  const body = cipher.update(plain);
  cipher.final();
  cipher.getAuthTag().copy(head, NONCE);
  return Buffer.concat([head, body]);
}

/** Undefined when it was encrypted under another key, for another place, or was changed. */
export function decrypt(key: Uint8Array, sealed: Uint8Array, place: string): Buffer | undefined {
  if (sealed.length < NONCE + TAG) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), {
      authTagLength: TAG,
    });
    decipher.setAAD(Buffer.from(place));
    decipher.setAuthTag(sealed.subarray(NONCE, NONCE + TAG));
    return Buffer.concat([decipher.update(sealed.subarray(NONCE + TAG)), decipher.final()]);
  } catch {
    return undefined;
  }
}
