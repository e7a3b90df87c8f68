import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

import type { ErrorCode } from '../contracts/error-code.ts';
import type { Clock } from './clock.ts';
import { AppError } from './errors.ts';

/**
 * Conduct that every SQLite file of the embedded platform shares. The vendor stays behind its adapters' door: this file knows
 * the connection by shape only.
 */
export interface SqliteConnection {
  readonly isTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): { get(): unknown };
}

export interface SqliteFile {
  readonly file: string;
  /** `state store` or `message bus`, for messages. */
  readonly what: string;
  /** Code for "not now, try again". */
  readonly unavailable: Extract<ErrorCode, 'store_unavailable' | 'bus_unavailable'>;
  /** Tells the files of the platform apart (SQLite's application_id). */
  readonly applicationId: number;
  readonly schemaVersion: number;
  /** Statements that bring an empty file to `schemaVersion`. */
  readonly schema: string;
  /** Statements that bring a file of version n to n + 1, by n. */
  readonly upgrades?: Readonly<Record<number, string>>;
}

const BUSY = 5;
const LOCKED = 6;
const OPEN_PATIENCE_MS = 10_000;
const BUSY_PATIENCE_MS = 10_000;

function resultCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}

export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === BUSY || code === LOCKED;
}

/** What SQLite or the file system said, in the platform's codes. */
export function sqliteError(error: unknown, { file, what, unavailable }: SqliteFile): AppError {
  if (AppError.is(error)) return error;
  const said = error instanceof Error ? error.message : String(error);
  const make = (code: ErrorCode, message: string, retryable = false): AppError =>
    new AppError(code, `${message} (${said})`, { cause: error, retryable, details: { file } });
  if ((error as NodeJS.ErrnoException | null)?.code === 'ENOSPC') {
    return make('disk_full', `the disk of ${file} is full: free some space and try again`, true);
  }
  switch (resultCode(error)) {
    case BUSY:
    case LOCKED:
      return make(unavailable, `the ${what} ${file} stayed locked by another process`, true);
    case 8:
      return make(unavailable, `the ${what} ${file} may not be written: check its owner and mode`);
    case 11:
    case 26:
      return make(
        'store_corrupt',
        `the ${what} ${file} is damaged or no SQLite file: stop every process that uses it, then restore it from a backup or move it away to start empty`,
      );
    case 13:
      return make('disk_full', `the disk of ${file} is full: free some space and try again`, true);
    case 14:
      return make(unavailable, `the ${what} ${file} cannot be opened: check the path and its mode`);
    case 18:
      return make('payload_too_large', `too large for the ${what}`);
    default:
      return make(unavailable, `the ${what} ${file} failed`, true);
  }
}

/** Runs `unit` (which must have no effect when it throws "busy") until it gets its turn, with jitter, for 10 s at most. */
export async function whenFree<T>(clock: Clock, unit: () => T): Promise<T> {
  const since = clock.monotonicMs();
  for (let attempt = 0; ; attempt += 1) {
    try {
      return unit();
    } catch (error) {
      if (!isBusy(error) || clock.monotonicMs() - since > BUSY_PATIENCE_MS) throw error;
    }
    await clock.sleep(1 + Math.random() * Math.min(2 ** attempt, 40));
  }
}

/** Creates the file for this user alone, together with its folder; SQLite gives its side files the same mode. */
export function createPrivately(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
}

/** Settings and schema. Several processes may get here at once: SQLite does not queue the change to WAL, so this does. */
export function prepareConnection(db: SqliteConnection, options: SqliteFile): void {
  for (let waited = 0; ; waited += 10) {
    try {
      db.exec(
        'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON',
      );
      db.exec('BEGIN IMMEDIATE');
      break;
    } catch (error) {
      if (!isBusy(error) || waited > OPEN_PATIENCE_MS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5 + Math.random() * 10);
    }
  }
  try {
    migrate(db, options);
    db.exec('COMMIT');
  } catch (error) {
    // SQLite has rolled back by itself after a full disk.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function migrate(db: SqliteConnection, options: SqliteFile): void {
  const pragma = (name: string): number =>
    Number(Object.values(db.prepare(`PRAGMA ${name}`).get() as Record<string, unknown>)[0]);
  const version = pragma('user_version');
  const id = pragma('application_id');
  if (id !== options.applicationId && (id !== 0 || version !== 0)) {
    throw new AppError('invalid_config', `${options.file} is not a ${options.what} of Rodex`);
  }
  if (version > options.schemaVersion) {
    throw new AppError(
      'newer_version',
      `the ${options.what} ${options.file} was written by a newer Rodex (version ${version}, this one knows ${options.schemaVersion}): upgrade Rodex`,
    );
  }
  if (version === options.schemaVersion) return;
  if (version === 0) db.exec(options.schema);
  else
    for (let from = version; from < options.schemaVersion; from += 1)
      db.exec(options.upgrades?.[from] ?? '');
  db.exec(`PRAGMA application_id = ${options.applicationId}`);
  db.exec(`PRAGMA user_version = ${options.schemaVersion}`);
}
