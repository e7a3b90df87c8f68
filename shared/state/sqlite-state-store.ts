import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';

import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { machineBootId, machineClock } from '../core/machine-clock.ts';
import { createPrivately, prepareConnection, sqliteError, whenFree } from '../core/sqlite-file.ts';
import type { SqliteFile } from '../core/sqlite-file.ts';
import type { CheckedWrite } from './document-rules.ts';
import { addressOf, checkWrites, conflict } from './document-rules.ts';
import { assertIndexed } from './firestore-indexes.ts';
import { checkQuery } from './query-rules.ts';
import { SqliteChangeFeed } from './sqlite-change-feed.ts';
import type { Cursor, Sql } from './sqlite-query.ts';
import { cursorSql, indexSql, selectSql } from './sqlite-query.ts';
import type { Data, Outlives, Query, StateStore, StoredDocument, Write } from './state-store.ts';

export interface SqliteStateStoreOptions {
  /** Created, for this user alone, when it does not exist. */
  readonly file: string;
  /** Its `monotonicMs` must agree among all processes on the file; the machine's clock unless told. */
  readonly clock?: Clock;
  /** Names the start of the machine that the clock counts from. */
  readonly bootId?: string;
  /** Fields of collections (by name) that are often asked for. */
  readonly indexes?: readonly { readonly group: string; readonly field: string }[];
  /** Refuses queries that no index in `firestore-indexes.json` serves, which Google's engine would refuse; true unless told. */
  readonly requireIndexes?: boolean;
}

const SCHEMA = `
  CREATE TABLE documents (
    path TEXT PRIMARY KEY, collection TEXT NOT NULL, group_name TEXT NOT NULL, id TEXT NOT NULL, sort_key TEXT NOT NULL,
    data TEXT NOT NULL, version INTEGER NOT NULL, boot_id TEXT NOT NULL, written_ms REAL NOT NULL
  ) STRICT;
  CREATE INDEX documents_by_collection ON documents (collection, sort_key);
  CREATE INDEX documents_by_group ON documents (group_name, sort_key);
  CREATE TABLE changes (seq INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL) STRICT;
`;
/** Changes kept for watchers; one that falls further behind is told to read all again. */
const CHANGES_KEPT = 20_000;
const TRIM_EVERY = 1_000;
/** Longer waiting is left to timers: a busy handler would block the event loop. */
const BUSY_TIMEOUT_MS = 5;
const STATEMENTS_KEPT = 200;

interface Row {
  path: string;
  data: string;
  version: number;
  boot_id: string;
  written_ms: number;
}

/** Documents in one SQLite file; any number of processes of one machine may have it open. */
export function openSqliteStateStore(options: SqliteStateStoreOptions): StateStore {
  return new SqliteStateStore(options);
}

class SqliteStateStore implements StateStore {
  private readonly db: DatabaseSync;
  private readonly feed: SqliteChangeFeed;
  private readonly clock: Clock;
  private readonly bootId: string;
  private readonly file: SqliteFile;
  private readonly requireIndexes: boolean;
  private readonly statements = new Map<string, StatementSync>();
  /** As `prepareConnection` leaves it. */
  private waits = true;
  private closed = false;

  constructor(options: SqliteStateStoreOptions) {
    this.clock = options.clock ?? machineClock;
    this.requireIndexes = options.requireIndexes ?? true;
    this.bootId = options.bootId ?? machineBootId();
    this.file = {
      file: options.file,
      what: 'state store',
      unavailable: 'store_unavailable',
      applicationId: 0x726f6401,
      schemaVersion: 1,
      schema: SCHEMA,
    };
    let db: DatabaseSync | undefined;
    try {
      createPrivately(options.file);
      db = new DatabaseSync(options.file, { timeout: BUSY_TIMEOUT_MS });
      prepareConnection(db, this.file);
      for (const { group, field } of options.indexes ?? []) createIndex(db, group, field);
    } catch (error) {
      db?.close();
      throw sqliteError(error, this.file);
    }
    this.db = db;
    this.feed = new SqliteChangeFeed((text) => this.statement(text));
  }

  async commit(
    writes: readonly Write[],
    outlives: Outlives = 'machine',
  ): Promise<readonly string[]> {
    const checked = checkWrites(writes);
    if (checked.length === 0) return [];
    const versions = await this.guarded(() => {
      this.waitForDisk(outlives === 'machine');
      return this.apply(checked);
    });
    this.feed.changed();
    return versions;
  }

  async get<T = Data>(path: string): Promise<StoredDocument<T> | undefined> {
    addressOf(path);
    const row = await this.guarded(
      () =>
        this.statement(
          'SELECT path, data, version, boot_id, written_ms FROM documents WHERE path = ?',
        ).get(path) as Row | undefined,
    );
    return row && this.stored<T>(row, this.clock.monotonicMs());
  }

  async query<T = Data>(query: Query): Promise<readonly StoredDocument<T>[]> {
    const checked = checkQuery(query);
    if (this.requireIndexes && !query.scan) assertIndexed(query);
    const rows = await this.guarded(() => {
      let cursor: Cursor | undefined;
      if (checked.orderBy && checked.startAfter !== undefined) {
        const [found] = this.all(cursorSql(checked.orderBy.field, checked.startAfter));
        if (!found) {
          throw new AppError(
            'invalid_request',
            `startAfter: ${checked.startAfter} does not exist any more, begin again`,
          );
        }
        cursor = found as Cursor;
      }
      return this.all(selectSql(checked, cursor)) as Row[];
    });
    const now = this.clock.monotonicMs();
    return rows.map((row) => this.stored<T>(row, now));
  }

  watch(prefix: string, onChange: (paths: readonly string[]) => void): () => void {
    this.assertOpen();
    return this.feed.add(prefix, onChange);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.feed.close();
    this.statements.clear();
    this.db.close();
  }

  /** Commits lie one after another in one write-ahead file: syncing it for one syncs all before it. */
  private waitForDisk(waits: boolean): void {
    if (waits === this.waits) return;
    this.db.exec(`PRAGMA synchronous = ${waits ? 'FULL' : 'NORMAL'}`);
    this.waits = waits;
  }

  /** One transaction from begin to end without yielding, so this process never meets its own lock. */
  private apply(writes: readonly CheckedWrite[]): readonly string[] {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      const now = this.clock.monotonicMs();
      const versions = writes.map((write) => this.write(write, now));
      this.db.exec('COMMIT');
      return versions;
    } catch (error) {
      // A full disk or an I/O error may have rolled back already.
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  private write(write: CheckedWrite, now: number): string {
    const { path, collection, group, id, sortKey } = write.at;
    const seq = Number(
      this.statement('INSERT INTO changes (path) VALUES (?)').run(path).lastInsertRowid,
    );
    if (seq % TRIM_EVERY === 0) {
      this.statement('DELETE FROM changes WHERE seq <= ?').run(seq - CHANGES_KEPT);
    }
    let written: number | bigint;
    if (write.op === 'create') {
      written = this.statement(
        'INSERT INTO documents (path, collection, group_name, id, sort_key, data, version, boot_id, written_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path) DO NOTHING',
      ).run(
        path,
        collection,
        group,
        id,
        sortKey,
        write.document.json,
        seq,
        this.bootId,
        now,
      ).changes;
    } else if (write.op === 'update') {
      written = this.statement(
        'UPDATE documents SET data = ?, version = ?, boot_id = ?, written_ms = ? WHERE path = ? AND CAST(version AS TEXT) = ?',
      ).run(write.document.json, seq, this.bootId, now, path, write.ifVersion).changes;
    } else if (write.ifVersion === undefined) {
      this.statement('DELETE FROM documents WHERE path = ?').run(path);
      return '';
    } else {
      written = this.statement(
        'DELETE FROM documents WHERE path = ? AND CAST(version AS TEXT) = ?',
      ).run(path, write.ifVersion).changes;
    }
    if (Number(written) === 0) throw conflict(write);
    return write.op === 'delete' ? '' : String(seq);
  }

  private stored<T>(row: Row, now: number): StoredDocument<T> {
    let data: T;
    try {
      data = JSON.parse(row.data) as T;
    } catch (cause) {
      throw new AppError(
        'store_corrupt',
        `${row.path} in ${this.file.file} is no JSON: restore the file from a backup`,
        { cause, details: { file: this.file.file, path: row.path } },
      );
    }
    const ageMs = row.boot_id === this.bootId ? Math.max(0, now - row.written_ms) : Infinity;
    return { path: row.path, data, version: String(row.version), ageMs };
  }

  private async guarded<T>(unit: () => T): Promise<T> {
    try {
      return await whenFree(this.clock, () => {
        this.assertOpen();
        return unit();
      });
    } catch (error) {
      throw sqliteError(error, this.file);
    }
  }

  private assertOpen(): void {
    if (this.closed) throw new AppError('store_unavailable', 'the state store was closed');
  }

  private all({ text, values }: Sql): unknown[] {
    return this.statement(text).all(...values);
  }

  private statement(text: string): StatementSync {
    const known = this.statements.get(text);
    if (known) return known;
    // Shapes of queries are few; if a caller makes many, forget the oldest.
    const oldest = this.statements.keys().next();
    if (this.statements.size >= STATEMENTS_KEPT && !oldest.done)
      this.statements.delete(oldest.value);
    const statement = this.db.prepare(text);
    this.statements.set(text, statement);
    return statement;
  }
}

function createIndex(db: DatabaseSync, group: string, field: string): void {
  checkQuery({ collection: group, group: true, where: [{ field, op: '==', value: '' }] });
  db.exec(indexSql(group, field));
}
