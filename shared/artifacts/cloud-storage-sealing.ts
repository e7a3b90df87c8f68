import type { CipherGCM } from 'node:crypto';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** All that opens sealed content but the key. */
export interface Sealing {
  readonly nonce: string;
  readonly tag: string;
}

/** AES-256-GCM over a stream; `place` is bound to it, so that content does not open elsewhere. */
export class Sealer {
  readonly #nonce = randomBytes(12);
  readonly #cipher: CipherGCM;

  constructor(key: Uint8Array, place: string) {
    this.#cipher = createCipheriv('aes-256-gcm', key, this.#nonce);
    this.#cipher.setAAD(Buffer.from(place));
  }

  update(chunk: Uint8Array): Uint8Array {
    return this.#cipher.update(chunk);
  }

  final(): Uint8Array {
    return this.#cipher.final();
  }

  /** After `final`. */
  sealing(): Sealing {
    const tag = this.#cipher.getAuthTag().toString('base64');
    return { nonce: this.#nonce.toString('base64'), tag };
  }
}

/** Undefined when the content, the place or the key is another. */
export function unseal(
  content: Uint8Array,
  { nonce, tag }: Sealing,
  key: Uint8Array,
  place: string,
): Buffer | undefined {
  try {
    const options = { authTagLength: 16 };
    const iv = Buffer.from(nonce, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', key, iv, options);
    decipher.setAAD(Buffer.from(place));
    decipher.setAuthTag(Buffer.from(tag, 'base64'));
    return Buffer.concat([decipher.update(content), decipher.final()]);
  } catch {
    return undefined;
  }
}
