import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

export interface LedgerEntry {
  /** 1, 2, 3, … without gaps. */
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly kind: string;
  /** False for reads that are worth counting (downloads). */
  readonly effect: boolean;
  /** Text the visitor typed to recognise this effect by, such as an order's reference. */
  readonly marker?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface LedgerAppend {
  readonly kind: string;
  readonly effect?: boolean;
  readonly marker?: string | undefined;
  readonly data?: Readonly<Record<string, unknown>>;
}

/**
 * What really reached the server, kept apart from what any client believes.
 * `append` returns only after fsync, and handlers call it before they answer: an answered effect is never lost.
 */
export interface Ledger {
  readonly path: string;
  append(entry: LedgerAppend): LedgerEntry;
  entries(): readonly LedgerEntry[];
  close(): void;
}

export function openLedger(path: string, now: () => number): Ledger {
  mkdirSync(dirname(path), { recursive: true });
  const descriptor = openSync(path, 'a+');
  let open = true;
  try {
    const bytes = readFileSync(path);
    // A crash can leave half a line; that entry was never answered, so it is cut off.
    let size = bytes.lastIndexOf(0x0a) + 1;
    if (size < bytes.length) ftruncateSync(descriptor, size);
    const entries = bytes
      .subarray(0, size)
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LedgerEntry);
    syncDirectory(dirname(path));

    return {
      path,
      append({ kind, effect = true, marker, data = {} }) {
        if (!open) throw new Error('the ledger is closed');
        const entry: LedgerEntry = {
          seq: entries.length + 1,
          at: new Date(now()).toISOString(),
          kind,
          effect,
          ...(marker === undefined || marker === '' ? {} : { marker }),
          data,
        };
        const line = Buffer.from(`${JSON.stringify(entry)}\n`);
        try {
          writeFileSync(descriptor, line);
          fsyncSync(descriptor);
        } catch (cause) {
          ftruncateSync(descriptor, size);
          throw cause;
        }
        size += line.length;
        entries.push(entry);
        return entry;
      },
      entries: () => entries,
      close() {
        if (!open) return;
        open = false;
        closeSync(descriptor);
      },
    };
  } catch (cause) {
    closeSync(descriptor);
    throw cause;
  }
}

/** A new file's name is durable only once its folder is synced. */
function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
