import type { CipherGCM } from 'node:crypto';
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open, readFile, rm } from 'node:fs/promises';

import { tooLarge } from './artifact-rules.ts';

/** How content lies on disk; for encrypted content all that decrypts it but the key. */
export interface Sealing {
  readonly nonce: string;
  readonly tag: string;
}

export interface WrittenContent {
  readonly bytes: number;
  readonly digest: string;
  readonly sealing: Sealing | undefined;
}

export interface Encryption {
  readonly key: Uint8Array;
  /** Where the content belongs: it does not decrypt elsewhere. */
  readonly place: string;
}

/** Streams content into a new file and makes it last; removes the file when anything fails. */
export async function writeContent(
  file: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  { maxBytes, encryption }: { maxBytes: number | undefined; encryption: Encryption | undefined },
): Promise<WrittenContent> {
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      const written = await pour(handle, content, maxBytes, encryption);
      await handle.sync();
      return written;
    } finally {
      await handle.close();
    }
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

async function pour(
  handle: FileHandle,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  maxBytes: number | undefined,
  encryption: Encryption | undefined,
): Promise<WrittenContent> {
  const hash = createHash('sha256');
  const nonce = randomBytes(12);
  let cipher: CipherGCM | undefined;
  if (encryption) {
    cipher = createCipheriv('aes-256-gcm', encryption.key, nonce);
    cipher.setAAD(Buffer.from(encryption.place));
  }
  let bytes = 0;
  for await (const chunk of content instanceof Uint8Array ? [content] : content) {
    bytes += chunk.byteLength;
    if (maxBytes !== undefined && bytes > maxBytes) throw tooLarge(maxBytes);
    hash.update(chunk);
    await handle.writeFile(cipher ? cipher.update(chunk) : chunk);
  }
  let sealing: Sealing | undefined;
  if (cipher) {
    await handle.writeFile(cipher.final());
    sealing = { nonce: nonce.toString('base64'), tag: cipher.getAuthTag().toString('base64') };
  }
  return { bytes, digest: `sha256:${hash.digest('hex')}`, sealing };
}

/** The content, or undefined when it is not what was written. A missing file rejects with ENOENT. */
export async function readContent(
  file: string,
  written: WrittenContent,
  encryption: Encryption,
): Promise<Uint8Array | undefined> {
  const stored = await readFile(file);
  const content = written.sealing ? unseal(stored, written.sealing, encryption) : stored;
  if (content?.byteLength !== written.bytes) return undefined;
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  return digest === written.digest ? content : undefined;
}

function unseal(stored: Uint8Array, sealing: Sealing, encryption: Encryption): Buffer | undefined {
  try {
    const nonce = Buffer.from(sealing.nonce, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', encryption.key, nonce, { authTagLength: 16 });
    decipher.setAAD(Buffer.from(encryption.place));
    decipher.setAuthTag(Buffer.from(sealing.tag, 'base64'));
    return Buffer.concat([decipher.update(stored), decipher.final()]);
  } catch {
    return undefined;
  }
}
