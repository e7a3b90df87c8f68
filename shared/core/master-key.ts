import { hkdfSync, randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

import { fileError, temporaryBeside } from './durable-file.ts';
import { AppError } from './errors.ts';

const BYTES = 32;

/**
 * The platform's master key in a file of its own, made when there is none. Every use derives a key for its purpose; the master
 * key encrypts nothing itself.
 */
export class MasterKey {
  readonly #bytes: Uint8Array;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /**
   * `mayCreate: false` when things encrypted under the key exist already: a new key could not open them.
   * Errors: `invalid_config` when others may read the file, `store_corrupt` when it is no key or is gone.
   */
  static open(file: string, { mayCreate }: { mayCreate: boolean }): MasterKey {
    try {
      return new MasterKey(readKey(file) ?? create(file, mayCreate));
    } catch (error) {
      throw fileError(error, file);
    }
  }

  derive(purpose: string): Uint8Array {
    return new Uint8Array(hkdfSync('sha256', this.#bytes, '', `rodex ${purpose}`, BYTES));
  }
}

function readKey(file: string): Uint8Array | undefined {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const mode = fstatSync(handle).mode & 0o777;
    if ((mode & 0o077) !== 0) {
      throw new AppError(
        'invalid_config',
        `others may read the master key ${file} (mode ${mode.toString(8)}): run chmod 600 '${file}', and if others had access to this machine, set every secret anew`,
      );
    }
    const bytes = readFileSync(handle);
    if (bytes.length !== BYTES) {
      throw new AppError(
        'store_corrupt',
        `${file} is no master key: it has ${bytes.length} bytes, not ${BYTES}; restore it from a backup`,
        { details: { file } },
      );
    }
    return bytes;
  } finally {
    closeSync(handle);
  }
}

/** Whole or not at all, and the first of several processes wins. */
function create(file: string, mayCreate: boolean): Uint8Array {
  if (!mayCreate) {
    throw new AppError(
      'store_corrupt',
      `the master key ${file} is gone: restore it from a backup, or remove what is encrypted beside it and set the secrets anew`,
      { details: { file } },
    );
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = temporaryBeside(file);
  const handle = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(handle, randomBytes(BYTES));
    fsyncSync(handle);
    linkSync(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    closeSync(handle);
    unlinkSync(temporary);
  }
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
  const bytes = readKey(file);
  if (!bytes) throw new AppError('internal', `${file} vanished as soon as it was made`);
  return bytes;
}
