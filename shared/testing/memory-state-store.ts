import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { CheckedWrite, DocumentAddress } from '../state/document-rules.ts';
import {
  addressOf,
  checkWatchPrefix,
  checkWrites,
  conflict,
  isUnder,
  sortKeyOf,
} from '../state/document-rules.ts';
import type { CheckedQuery, Condition } from '../state/query-rules.ts';
import { checkQuery } from '../state/query-rules.ts';
import type { Data, Query, StateStore, StoredDocument, Write } from '../state/state-store.ts';

interface Kept {
  readonly at: DocumentAddress;
  readonly json: string;
  readonly version: string;
  readonly writtenMs: number;
}

interface Watcher {
  readonly prefix: string;
  readonly onChange: (paths: readonly string[]) => void;
}

/** What outlives a closed store: pass it to the next one to play a restart or a second process. */
export class MemoryDocuments {
  readonly documents = new Map<string, Kept>();
  readonly watchers = new Set<Watcher>();
  writes = 0;
}

export interface MemoryStateStoreOptions {
  readonly documents?: MemoryDocuments;
  readonly clock?: Pick<Clock, 'monotonicMs'>;
}

/** The state store's twin in memory: same rules, no disk. */
export function openMemoryStateStore(options: MemoryStateStoreOptions = {}): StateStore {
  return new MemoryStateStore(
    options.documents ?? new MemoryDocuments(),
    options.clock ?? systemClock,
  );
}

class MemoryStateStore implements StateStore {
  private readonly kept: MemoryDocuments;
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private readonly own = new Set<Watcher>();
  private closed = false;

  constructor(kept: MemoryDocuments, clock: Pick<Clock, 'monotonicMs'>) {
    this.kept = kept;
    this.clock = clock;
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
    addressOf(path);
    this.assertOpen();
    const kept = this.kept.documents.get(path);
    return kept && this.stored<T>(kept);
  }

  async query<T = Data>(query: Query): Promise<readonly StoredDocument<T>[]> {
    const checked = checkQuery(query);
    this.assertOpen();
    const { orderBy, startAfter } = checked;
    const sign = orderBy?.direction === 'desc' ? -1 : 1;
    const found = [...this.kept.documents.values()]
      .filter((kept) => isIn(checked, kept))
      .map((kept) => ({ kept, data: JSON.parse(kept.json) as Data }))
      .filter(({ data }) => matches(checked, data))
      .map(({ kept, data }): Ordered & { kept: Kept } => ({
        kept,
        key: orderBy ? orderKey(valueAt(data, orderBy.field)) : [0, 0],
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
      const data = JSON.parse(cursor.json) as Data;
      after = { ...after, key: orderKey(valueAt(data, orderBy.field)) };
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
      this.kept.documents.delete(write.at.path);
      return '';
    }
    this.kept.writes += 1;
    const version = String(this.kept.writes);
    const { at, json } = write;
    this.kept.documents.set(at.path, { at, json, version, writtenMs: this.clock.monotonicMs() });
    return version;
  }

  private stored<T>({ at, json, version, writtenMs }: Kept): StoredDocument<T> {
    const ageMs = Math.max(0, this.clock.monotonicMs() - writtenMs);
    return { path: at.path, data: JSON.parse(json) as T, version, ageMs };
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

function isIn(query: CheckedQuery, { at }: Kept): boolean {
  return query.group ? at.group === query.collection : at.collection === query.collection;
}

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
    compareScalars(a.sortKey, b.sortKey)
  );
}

/** Text by UTF-8 bytes, which is the order of code points, unlike that of JavaScript's UTF-16 units. */
function compareScalars(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}
