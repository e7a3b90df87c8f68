import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { CheckedDocument, CheckedWrite, DocumentAddress } from '../state/document-rules.ts';
import {
  addressOf,
  checkWatchPrefix,
  checkWrites,
  conflict,
  isUnder,
  sortKeyOf,
} from '../state/document-rules.ts';
import type { CheckedQuery, Condition } from '../state/query-rules.ts';
import { assertServed } from '../state/firestore-indexes.ts';
import { checkQuery } from '../state/query-rules.ts';
import type { Data, Query, StateStore, StoredDocument, Write } from '../state/state-store.ts';

/** One version of a document. Readers are given, unless told, a frozen copy: nobody can change it for the others. */
class Kept {
  readonly at: DocumentAddress;
  readonly version: string;
  readonly writtenMs: number;
  readonly data: Data;
  readonly #document: CheckedDocument;

  constructor(
    at: DocumentAddress,
    document: CheckedDocument,
    version: string,
    writtenMs: number,
    isCopied: boolean,
  ) {
    this.#document = document;
    this.at = at;
    this.version = version;
    this.writtenMs = writtenMs;
    this.data = isCopied ? frozen(JSON.parse(document.json) as Data) : document.data;
  }

  get json(): string {
    return this.#document.json;
  }
}

function frozen<T extends object>(value: T): T {
  for (const key in value) {
    const inner: unknown = value[key];
    if (typeof inner === 'object' && inner !== null) frozen(inner);
  }
  return Object.freeze(value);
}

interface Watcher {
  readonly prefix: string;
  readonly onChange: (paths: readonly string[]) => void;
}

/** What outlives a closed store: pass it to the next one to play a restart or a second process. */
export class MemoryDocuments {
  readonly documents = new Map<string, Kept>();
  /** The same documents by collection path, and by the collection's name. */
  readonly collections = new Map<string, Map<string, Kept>>();
  readonly groups = new Map<string, Map<string, Kept>>();
  readonly watchers = new Set<Watcher>();
  writes = 0;
  /** Without copies readers share what was written. A simulation of thousands of runs does, and has a test that copies change nothing. */
  readonly copies: boolean;

  constructor(options: { readonly copies?: boolean } = {}) {
    this.copies = options.copies ?? true;
  }

  set(kept: Kept): void {
    const { path, collection, group } = kept.at;
    this.documents.set(path, kept);
    placeIn(this.collections, collection).set(path, kept);
    placeIn(this.groups, group).set(path, kept);
  }

  delete({ path, collection, group }: DocumentAddress): void {
    this.documents.delete(path);
    this.collections.get(collection)?.delete(path);
    this.groups.get(group)?.delete(path);
  }
}

function placeIn(index: Map<string, Map<string, Kept>>, name: string): Map<string, Kept> {
  let place = index.get(name);
  if (!place) index.set(name, (place = new Map()));
  return place;
}

export interface MemoryStateStoreOptions {
  readonly documents?: MemoryDocuments;
  readonly clock?: Pick<Clock, 'monotonicMs'>;
  /** Refuses queries that no declared index serves; true unless told. */
  readonly requireIndexes?: boolean;
}

/** The state store's twin in memory: same rules, no disk. */
export function openMemoryStateStore(options: MemoryStateStoreOptions = {}): StateStore {
  return new MemoryStateStore(
    options.documents ?? new MemoryDocuments(),
    options.clock ?? systemClock,
    options.requireIndexes ?? true,
  );
}

class MemoryStateStore implements StateStore {
  private readonly kept: MemoryDocuments;
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private readonly requireIndexes: boolean;
  private readonly own = new Set<Watcher>();
  private closed = false;

  constructor(kept: MemoryDocuments, clock: Pick<Clock, 'monotonicMs'>, requireIndexes: boolean) {
    this.kept = kept;
    this.clock = clock;
    this.requireIndexes = requireIndexes;
  }

  async commit(writes: readonly Write[]): Promise<readonly string[]> {
    const checked = checkWrites(writes);
    this.assertOpen();
    for (const write of checked) if (!this.holds(write)) throw conflict(write);
    const versions = checked.map((write) => this.apply(write));
    for (const watcher of this.kept.watchers) {
      const mine = writes.map(({ path }) => path).filter((path) => isUnder(watcher.prefix, path));
      if (mine.length > 0) this.tell(watcher, mine);
    }
    return versions;
  }

  async get<T = Data>(path: string): Promise<StoredDocument<T> | undefined> {
    this.assertOpen();
    const kept = this.kept.documents.get(path);
    if (!kept) addressOf(path);
    return kept && this.stored<T>(kept);
  }

  async query<T = Data>(query: Query): Promise<readonly StoredDocument<T>[]> {
    const checked = checkQuery(query);
    if (this.requireIndexes && !query.scan) assertServed(checked);
    this.assertOpen();
    const { orderBy, startAfter } = checked;
    const sign = orderBy?.direction === 'desc' ? -1 : 1;
    const among = checked.group ? this.kept.groups : this.kept.collections;
    const found = [...(among.get(checked.collection)?.values() ?? [])]
      .filter(({ data }) => matches(checked, data))
      .map((kept): Ordered & { kept: Kept } => ({
        kept,
        key: orderBy ? orderKey(valueAt(kept.data, orderBy.field)) : NO_KEY,
        sortKey: kept.at.sortKey,
      }));
    found.sort((a, b) => sign * compareKeys(a, b));
    return found
      .slice(startAfter === undefined ? 0 : this.position(found, checked, startAfter, sign))
      .slice(0, checked.limit)
      .map(({ kept }) => this.stored<T>(kept));
  }

  watch(prefix: string, onChange: (paths: readonly string[]) => void): () => void {
    checkWatchPrefix(prefix);
    this.assertOpen();
    const watcher = { prefix, onChange };
    this.kept.watchers.add(watcher);
    this.own.add(watcher);
    this.tell(watcher, []);
    return () => {
      this.kept.watchers.delete(watcher);
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const watcher of this.own) this.kept.watchers.delete(watcher);
  }

  private position(
    found: readonly Ordered[],
    { orderBy }: CheckedQuery,
    startAfter: string,
    sign: number,
  ): number {
    let after: Ordered = { key: [0, 0], sortKey: sortKeyOf(startAfter) };
    if (orderBy) {
      const cursor = this.kept.documents.get(startAfter);
      if (!cursor) {
        throw new AppError(
          'invalid_request',
          `startAfter: ${startAfter} does not exist any more, begin again`,
        );
      }
      after = { ...after, key: orderKey(valueAt(cursor.data, orderBy.field)) };
    }
    const index = found.findIndex((item) => sign * compareKeys(item, after) > 0);
    return index === -1 ? found.length : index;
  }

  private holds(write: CheckedWrite): boolean {
    const version = this.kept.documents.get(write.at.path)?.version;
    if (write.op === 'create') return version === undefined;
    if (write.op === 'delete' && write.ifVersion === undefined) return true;
    return version === write.ifVersion && version !== undefined;
  }

  private apply(write: CheckedWrite): string {
    if (write.op === 'delete') {
      this.kept.delete(write.at);
      return '';
    }
    this.kept.writes += 1;
    const version = String(this.kept.writes);
    const { copies } = this.kept;
    this.kept.set(new Kept(write.at, write.document, version, this.clock.monotonicMs(), copies));
    return version;
  }

  private stored<T>({ at, data, version, writtenMs }: Kept): StoredDocument<T> {
    const ageMs = Math.max(0, this.clock.monotonicMs() - writtenMs);
    return { path: at.path, data: data as T, version, ageMs };
  }

  private tell(watcher: Watcher, paths: readonly string[]): void {
    queueMicrotask(() => {
      if (this.kept.watchers.has(watcher)) watcher.onChange(paths);
    });
  }

  private assertOpen(): void {
    if (this.closed) throw new AppError('store_unavailable', 'the state store was closed');
  }
}

interface Ordered {
  readonly key: readonly [number, number | string];
  readonly sortKey: string;
}

const NO_KEY = [0, 0] as const;

function matches(query: CheckedQuery, data: Data): boolean {
  if (query.orderBy && valueAt(data, query.orderBy.field) === undefined) return false;
  return query.where.every((condition) => holdsFor(condition, valueAt(data, condition.field)));
}

function holdsFor({ anyOf }: Condition, actual: unknown): boolean {
  return anyOf.some(({ op, value }) => {
    if (op === '==') return actual === value;
    if (typeof actual !== typeof value) return false;
    const order = compareScalars(actual as string | number, value as string | number);
    if (op === '<') return order < 0;
    if (op === '<=') return order <= 0;
    return op === '>' ? order > 0 : order >= 0;
  });
}

function valueAt(data: Data, field: string): unknown {
  let value: unknown = data;
  for (const part of field.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    value = Object.hasOwn(value, part) ? (value as Data)[part] : undefined;
  }
  return value;
}

/** null < booleans < numbers < text, as the real stores order them. */
function orderKey(value: unknown): readonly [number, number | string] {
  if (value === null) return [0, 0];
  if (typeof value === 'boolean') return [1, Number(value)];
  if (typeof value === 'number') return [2, value];
  return typeof value === 'string' ? [3, value] : [4, 0];
}

function compareKeys(a: Ordered, b: Ordered): number {
  return (
    a.key[0] - b.key[0] ||
    compareScalars(a.key[1], b.key[1]) ||
    // Paths are printable ASCII.
    (a.sortKey < b.sortKey ? -1 : Number(a.sortKey > b.sortKey))
  );
}

/** Text by UTF-8 bytes, which is the order of code points, unlike that of JavaScript's UTF-16 units. */
function compareScalars(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}
