import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { gunzipSync, gzipSync } from 'node:zlib';

type Row = Record<string, SQLOutputValue>;

interface StoredDatabase {
  readonly applicationId: number;
  readonly version: number;
  readonly schema: readonly string[];
  readonly tables: Readonly<Record<string, readonly Row[]>>;
}

/** A data directory of an earlier version, as it stood when its process was killed. */
export interface StoredData {
  /** Of the package that wrote it. */
  readonly version: string;
  /** Its runs, by what they wait for. */
  readonly runs: Readonly<Record<string, string>>;
  readonly databases: Readonly<Record<string, StoredDatabase>>;
  /** Base64, by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** Reads a data directory that nobody has open. */
export function storeData(
  dir: string,
  about: Pick<StoredData, 'version' | 'runs'>,
  target: string,
): number {
  const names = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1));
  const databases = names.filter((name) => name.endsWith('.sqlite'));
  const files = names.filter((name) => !/\.sqlite(-wal|-shm)?$|\.lock|\.log$/.test(name));
  const stored: StoredData = {
    ...about,
    databases: Object.fromEntries(databases.map((name) => [name, dumped(join(dir, name))])),
    files: Object.fromEntries(
      files.map((name) => [name, readFileSync(join(dir, name)).toString('base64')]),
    ),
  };
  const bytes = gzipSync(JSON.stringify(stored), { level: 9 });
  writeFileSync(target, bytes);
  return bytes.length;
}

function dumped(file: string): StoredDatabase {
  const db = new DatabaseSync(file);
  const one = (sql: string): number => Number(Object.values(db.prepare(sql).get() ?? {})[0]);
  const objects = db
    .prepare("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
    .all();
  const tables = objects.filter(({ type }) => type === 'table').map(({ name }) => String(name));
  const stored = {
    applicationId: one('PRAGMA application_id'),
    version: one('PRAGMA user_version'),
    schema: objects.map(({ sql }) => String(sql)),
    tables: Object.fromEntries(
      tables.map((name) => [name, db.prepare(`SELECT * FROM ${name}`).all() as Row[]]),
    ),
  };
  db.close();
  return stored;
}

export function readStored(source: string): StoredData {
  return JSON.parse(gunzipSync(readFileSync(source)).toString('utf8')) as StoredData;
}

/** Writes it as it stood, for this user alone. */
export function restoreData({ databases, files }: StoredData, dir: string): void {
  for (const [name, content] of Object.entries(files)) {
    const file = join(dir, name);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, Buffer.from(content, 'base64'), { mode: 0o600 });
  }
  for (const [name, stored] of Object.entries(databases)) {
    const db = new DatabaseSync(join(dir, name));
    db.exec('PRAGMA journal_mode = WAL; BEGIN');
    for (const sql of stored.schema) db.exec(sql);
    for (const [table, rows] of Object.entries(stored.tables))
      for (const row of rows) {
        const columns = Object.keys(row);
        const places = columns.map(() => '?').join(', ');
        db.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places})`).run(
          ...Object.values(row),
        );
      }
    db.exec(
      `COMMIT; PRAGMA application_id = ${stored.applicationId}; PRAGMA user_version = ${stored.version}`,
    );
    db.close();
    chmodSync(join(dir, name), 0o600);
  }
}

/** When the old version last wrote a document. */
export function lastWriteOf({ databases }: StoredData): number {
  const text = JSON.stringify(databases['state.sqlite']?.tables['documents']);
  const times = [...text.matchAll(/\\"(?:at|updatedAt|createdAt)\\":\\"([^"\\]+)\\"/g)];
  return Math.max(...times.map(([, at = '']) => Date.parse(at)).filter((ms) => ms > 0));
}

const BUS = 'bus.sqlite';

/** The same, with messages on their way: bodies as they came, by subscription. */
export function withMessages(
  stored: StoredData,
  bodies: readonly (readonly [subscription: string, body: string])[],
): StoredData {
  const bus = stored.databases[BUS];
  const deliveries = bus?.tables['deliveries'] ?? [];
  const [like] = deliveries;
  if (!bus || !like) throw new Error('no message is stored that others could be like');
  const added = bodies.map(([subscription, body], index) => ({
    ...like,
    id: 1_000_000 + index,
    message_id: `msg_added-${index}`,
    claims: 0,
    visible_ms: 0,
    subscription,
    body,
  }));
  const tables = { ...bus.tables, deliveries: [...deliveries, ...added] };
  return { ...stored, databases: { ...stored.databases, [BUS]: { ...bus, tables } } };
}

/** Bodies of what still waits to be delivered in a data directory that nobody has open, and of what was set aside. */
export function messagesIn(dir: string): { readonly waiting: string[]; readonly aside: string[] } {
  const db = new DatabaseSync(join(dir, BUS), { readOnly: true });
  const bodies = (table: string): string[] =>
    db
      .prepare(`SELECT body FROM ${table}`)
      .all()
      .map(({ body }) => String(body));
  const found = { waiting: bodies('deliveries'), aside: bodies('dead_letters') };
  db.close();
  return found;
}
