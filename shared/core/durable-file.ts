import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { AppError } from './errors.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** What the file system said, in the platform's codes; what is no file system error stays itself. */
export function fileError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (AppError.is(error) || typeof code !== 'string' || !/^E[A-Z]+$/.test(code)) return error;
  const details = { file: path };
  if (FULL.has(code)) {
    const message = `no room for ${path} (${code}): free some space and try again`;
    return new AppError('disk_full', message, { cause: error, retryable: true, details });
  }
  const message = `${path} cannot be read or written (${code}): check the path, its owner and mode`;
  return new AppError('store_unavailable', message, { cause: error, details });
}

/** A name beside `path` that nobody else uses. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.tmp-${randomBytes(9).toString('hex')}`);
}

export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

/** Makes a rename or removal in the folder last. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Replaces the file as a whole, for this user alone: after a crash it is the old one or the new one. */
export async function writeFileDurably(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}
