import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';

const BLOCK = 512;

/** Unpacks one Brotli file into an executable. */
export async function unpackFile(source: string, target: string): Promise<void> {
  await pipeline(
    createReadStream(source),
    createBrotliDecompress({ chunkSize: 1 << 20 }),
    createWriteStream(target, { mode: 0o755 }),
  );
}

async function inflate(source: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(source).pipe(createBrotliDecompress()))
    chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const textAt = (bytes: Buffer, start: number, length: number): string =>
  bytes.toString('utf8', start, start + length).split('\0', 1)[0] ?? '';

/** Unpacks a small Brotli-compressed tar: folders, files and symbolic links, nothing outside `target`. */
export async function unpackTar(source: string, target: string): Promise<void> {
  const bytes = await inflate(source);
  for (let at = 0; at + BLOCK <= bytes.length;) {
    const stem = textAt(bytes, at, 100);
    if (stem === '') return;
    const prefix = textAt(bytes, at + 345, 155);
    const name = normalize(prefix === '' ? stem : `${prefix}/${stem}`);
    const size = Number.parseInt(textAt(bytes, at + 124, 12).trim() || '0', 8);
    const kind = String.fromCharCode(bytes[at + 156] ?? 0);
    const path = join(target, name);
    if (name.startsWith('..') || name.startsWith('/'))
      throw new Error(`the archive ${source} holds the path ${name}`);
    if (kind === '5') await mkdir(path, { recursive: true });
    if (kind === '0' || kind === '\0') {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes.subarray(at + BLOCK, at + BLOCK + size), { mode: 0o755 });
    }
    if (kind === '2') {
      await mkdir(dirname(path), { recursive: true });
      await symlink(textAt(bytes, at + 157, 100), path);
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}
