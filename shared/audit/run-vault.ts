import { randomBytes } from 'node:crypto';

import type { LogEntry, LogEvent } from '../contracts/log-entry.ts';
import { runKeyPath } from '../contracts/paths.ts';
import type { StoredLogEntry } from '../contracts/stored-log-entry.ts';
import { StoredRunKey } from '../contracts/stored-log-entry.ts';
import { AppError } from '../core/errors.ts';
import type { StateStore, Write } from '../state/state-store.ts';
import { decrypt, encrypt } from './gcm.ts';
import type { KeyWrap } from './key-wrap.ts';
import { payloadDigest, sealEntry } from './seal-entry.ts';

const KNOWN = 1_000;

type Who = Parameters<typeof sealEntry>[0];

/** Encrypts and decrypts the events of one run. */
export class RunCipher {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  seal(who: Who, event: LogEvent): StoredLogEntry {
    // The only event that must be read when the key is gone.
    if (event.type === 'run.erased') return sealEntry(who, { event });
    const sealed = encrypt(this.#key, Buffer.from(JSON.stringify(event)), placeOf(who));
    const payload = payloadDigest(sealed);
    return sealEntry(who, { type: event.type, payload, sealed: sealed.toString('base64') });
  }

  /** For a document beside the log; `place` is its path, and it opens there only. */
  sealText(place: string, text: string): string {
    return encrypt(this.#key, Buffer.from(text), place).toString('base64');
  }

  openText(place: string, sealed: string): string {
    const plain = decrypt(this.#key, Buffer.from(sealed, 'base64'), place);
    if (!plain) throw new AppError('store_corrupt', `${place} does not decrypt`);
    return plain.toString('utf8');
  }

  open(entry: StoredLogEntry): LogEvent {
    const plain = decrypt(this.#key, Buffer.from(entry.sealed ?? '', 'base64'), placeOf(entry));
    if (!plain) throw unreadable(entry, 'does not decrypt');
    // It was validated when it was written, and is authenticated: no second check of every read.
    return JSON.parse(plain.toString('utf8')) as LogEvent;
  }
}

/** Keys of runs: made with the run, wrapped by the platform's key, gone when the run is erased. */
export class RunVault {
  readonly #wrap: KeyWrap;
  /** Unwrapped keys by their wrapped form: a key document that is gone is never answered from memory. */
  readonly #known = new Map<string, RunCipher>();

  constructor(wrap: KeyWrap) {
    this.#wrap = wrap;
  }

  /** A new run's cipher, and the write that must be in the batch that creates the run. */
  async create(tenantId: string, runId: string): Promise<{ cipher: RunCipher; write: Write }> {
    const key = randomBytes(32);
    const path = runKeyPath(tenantId, runId);
    const wrapped = await this.#wrap.wrap(key, path);
    const data: StoredRunKey = { schemaVersion: 1, by: this.#wrap.name, wrapped };
    return { cipher: this.#remember(wrapped, key), write: { op: 'create', path, data } };
  }

  /** Undefined when the run's key was destroyed. */
  async cipher(store: StateStore, tenantId: string, runId: string): Promise<RunCipher | undefined> {
    const path = runKeyPath(tenantId, runId);
    const document = await store.get(path);
    if (!document) return undefined;
    const stored = StoredRunKey.safeParse(document.data);
    if (!stored.success)
      throw new AppError('store_corrupt', `${path} is no run key`, { cause: stored.error });
    const { wrapped } = stored.data;
    return (
      this.#known.get(wrapped) ?? this.#remember(wrapped, await this.#wrap.unwrap(wrapped, path))
    );
  }

  #remember(wrapped: string, key: Uint8Array): RunCipher {
    const cipher = new RunCipher(key);
    if (this.#known.size >= KNOWN) this.#known.delete(this.#known.keys().next().value ?? '');
    this.#known.set(wrapped, cipher);
    return cipher;
  }
}

/** The entry as readers see it; `cipher` is undefined when the run's key is gone. */
export function openEntry(stored: StoredLogEntry, cipher: RunCipher | undefined): LogEntry {
  // In a run's log only its own events stand in clear.
  if (stored.event) return openedAs(stored, stored.event as LogEvent);
  if (cipher) return openedAs(stored, cipher.open(stored));
  return openedAs(stored, { type: 'payload.erased', of: stored.type ?? '' });
}

/** The entry with an event that is known already. */
export function openedAs(stored: StoredLogEntry, event: LogEvent): LogEntry {
  const { tenantId, runId, seq, at, actor, policy, prevHash, hash } = stored;
  return {
    schemaVersion: 1,
    tenantId,
    runId,
    seq,
    at,
    actor,
    ...(policy !== undefined && { policy }),
    event,
    prevHash,
    hash,
  };
}

function placeOf({ tenantId, runId, seq }: Pick<StoredLogEntry, 'tenantId' | 'runId' | 'seq'>) {
  return `${tenantId}/${runId}/${seq}`;
}

function unreadable({ runId, seq }: StoredLogEntry, why: string): AppError {
  return new AppError(
    'store_corrupt',
    `entry ${seq} of run ${runId} ${why}; \`rodex audit verify\` names what was changed`,
  );
}
