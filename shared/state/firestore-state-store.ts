import type { DocumentSnapshot, Query as FirestoreQuery } from '@google-cloud/firestore';
import { FieldPath, FieldValue, Filter, Firestore, Timestamp } from '@google-cloud/firestore';

import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { randomId } from '../core/ids.ts';
import type { CheckedWrite } from './document-rules.ts';
import { addressOf, checkWatchPrefix, checkWrites, conflict } from './document-rules.ts';
import { fromFirestore, toFirestore, WRITE_MARK, WRITTEN_AT } from './firestore-codec.ts';
import { firestoreError, isPassing, isRefusal } from './firestore-errors.ts';
import { assertIndexed } from './firestore-indexes.ts';
import { FirestoreWatch } from './firestore-watch.ts';
import type { CheckedQuery, Condition } from './query-rules.ts';
import { checkQuery } from './query-rules.ts';
import type { Data, Query, StateStore, StoredDocument, Write } from './state-store.ts';

export interface FirestoreStateStoreOptions {
  readonly projectId: string;
  readonly databaseId?: string;
  /** `host:port` of the emulator. */
  readonly emulatorHost?: string;
  /** Names of the collections that watchers of a document or collection hear of below it. */
  readonly collectionsBelow?: readonly string[];
  /** Refuses queries that no index serves, as Firestore does and its emulator does not. */
  readonly requireIndexes?: boolean;
  readonly clock?: Pick<Clock, 'monotonicMs' | 'sleep'>;
}

const BELOW = ['log', 'turns', 'steps', 'lease', 'observations'];
const PATIENCE_MS = 10_000;
const SHAPES_KEPT = 5_000;

/** Documents in Firestore: fields as given (see firestore-codec for the exceptions), versions are update times. */
export function openFirestoreStateStore(options: FirestoreStateStoreOptions): StateStore {
  return new FirestoreStateStore(options);
}

class FirestoreStateStore implements StateStore {
  private readonly db: Firestore;
  private readonly below: readonly string[];
  private readonly requireIndexes: boolean;
  private readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  private readonly watches = new Set<FirestoreWatch>();
  /** Top-level fields of documents at a version, so that an update can remove those that are gone. */
  private readonly shapes = new Map<string, { version: string; fields: readonly string[] }>();
  private closed = false;

  constructor(options: FirestoreStateStoreOptions) {
    this.below = options.collectionsBelow ?? BELOW;
    this.requireIndexes = options.requireIndexes ?? false;
    this.clock = options.clock ?? systemClock;
    const { projectId, databaseId, emulatorHost } = options;
    this.db = new Firestore({
      projectId,
      ...(databaseId !== undefined && { databaseId }),
      ...(emulatorHost !== undefined && {
        host: emulatorHost,
        ssl: false,
        customHeaders: { Authorization: 'Bearer owner' },
      }),
    });
  }

  async commit(writes: readonly Write[]): Promise<readonly string[]> {
    const checked = checkWrites(writes);
    this.assertOpen();
    if (checked.length === 0) return [];
    const mark = randomId('w');
    const since = this.clock.monotonicMs();
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.apply(checked, mark);
      } catch (error) {
        if (isRefusal(error)) return this.refused(checked, mark);
        const tired = this.clock.monotonicMs() - since > PATIENCE_MS;
        if (!isPassing(error) || tired) throw firestoreError(error);
        await this.clock.sleep(Math.random() * Math.min(20 * 2 ** attempt, 1_000));
      }
    }
  }

  async get<T = Data>(path: string): Promise<StoredDocument<T> | undefined> {
    addressOf(path);
    this.assertOpen();
    const snapshot = await this.translated(() => this.db.doc(path).get());
    return snapshot.exists ? this.stored<T>(snapshot) : undefined;
  }

  async query<T = Data>(query: Query): Promise<readonly StoredDocument<T>[]> {
    const checked = checkQuery(query);
    if (this.requireIndexes) assertIndexed(query);
    this.assertOpen();
    return this.translated(async () => {
      const { docs } = await (await this.toQuery(checked)).get();
      return docs.map((snapshot) => this.stored<T>(snapshot));
    });
  }

  watch(prefix: string, onChange: (paths: readonly string[]) => void): () => void {
    checkWatchPrefix(prefix);
    this.assertOpen();
    const watch = new FirestoreWatch(this.db, prefix, this.below, onChange);
    this.watches.add(watch);
    return () => {
      watch.end();
      this.watches.delete(watch);
    };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    for (const watch of this.watches) watch.end();
    await this.db.terminate();
  }

  private async apply(writes: readonly CheckedWrite[], mark: string): Promise<readonly string[]> {
    const batch = this.db.batch();
    // Before anything is waited for: what is stored is what was handed over.
    const bodies = writes.map((write) =>
      write.op === 'delete' ? {} : toFirestore(parse(write.document.json)),
    );
    const marks = { [WRITE_MARK]: mark, [WRITTEN_AT]: FieldValue.serverTimestamp() };
    for (const [index, write] of writes.entries()) {
      const fields: Record<string, unknown> = { ...bodies[index], ...marks };
      const ref = this.db.doc(write.at.path);
      if (write.op === 'create') batch.create(ref, fields);
      else if (write.op === 'update') {
        const lastUpdateTime = toTimestamp(write.ifVersion);
        if (!lastUpdateTime) throw conflict(write);
        for (const gone of await this.fieldsAt(write.at.path, write.ifVersion)) {
          if (!Object.hasOwn(fields, gone)) fields[gone] = FieldValue.delete();
        }
        // The mark comes first, so that there is a field to begin with; names are paths of one segment, dots and all.
        const { [WRITE_MARK]: own, ...others } = fields;
        const rest = Object.entries(others).flatMap(([key, value]) => [new FieldPath(key), value]);
        batch.update(ref, new FieldPath(WRITE_MARK), own, ...rest, { lastUpdateTime });
      } else if (write.ifVersion === undefined) batch.delete(ref);
      else {
        const lastUpdateTime = toTimestamp(write.ifVersion);
        if (!lastUpdateTime) throw conflict(write);
        batch.delete(ref, { lastUpdateTime });
      }
    }
    const results = await batch.commit();
    return writes.map((write, index) => {
      const time = results[index]?.writeTime;
      if (write.op === 'delete' || !time) return '';
      this.remember(write.at.path, toVersion(time), Object.keys(bodies[index] ?? {}));
      return toVersion(time);
    });
  }

  /** Why the batch was refused: because it had been applied already and the reply was lost, or by which write. */
  private async refused(writes: readonly CheckedWrite[], mark: string): Promise<readonly string[]> {
    const snapshots = await this.translated(() =>
      this.db.getAll(...writes.map((write) => this.db.doc(write.at.path))),
    );
    if (snapshots.some((snapshot) => snapshot.get(new FieldPath(WRITE_MARK)) === mark)) {
      return writes.map((write, index) => {
        const time = snapshots[index]?.updateTime;
        return write.op === 'delete' || !time ? '' : toVersion(time);
      });
    }
    const bad = writes.find((write, index) => {
      const snapshot = snapshots[index];
      if (write.op === 'create') return snapshot?.exists;
      const version = snapshot?.updateTime && toVersion(snapshot.updateTime);
      return write.ifVersion !== undefined && version !== write.ifVersion;
    });
    const conditional = writes.find(
      (write) => write.op !== 'delete' || write.ifVersion !== undefined,
    );
    const named = bad ?? conditional ?? writes[0];
    throw named ? conflict(named) : new AppError('internal', 'an empty batch was refused');
  }

  /** Known when this store read or wrote that version, which callers do before they update. */
  private async fieldsAt(path: string, version: string): Promise<readonly string[]> {
    const known = this.shapes.get(path);
    if (known?.version === version) return known.fields;
    const snapshot = await this.db.doc(path).get();
    if (snapshot.exists) this.stored(snapshot);
    const read = this.shapes.get(path);
    return read?.version === version ? read.fields : [];
  }

  private remember(path: string, version: string, fields: readonly string[]): void {
    this.shapes.delete(path);
    this.shapes.set(path, { version, fields });
    const oldest = this.shapes.keys().next();
    if (this.shapes.size > SHAPES_KEPT && !oldest.done) this.shapes.delete(oldest.value);
  }

  private stored<T>(snapshot: DocumentSnapshot): StoredDocument<T> {
    const { path } = snapshot.ref;
    const { updateTime, readTime } = snapshot;
    const fields: Record<string, unknown> = snapshot.data() ?? {};
    const version = updateTime ? toVersion(updateTime) : '';
    const own = new Set([WRITE_MARK, WRITTEN_AT]);
    this.remember(
      path,
      version,
      Object.keys(fields).filter((field) => !own.has(field)),
    );
    const ageMs = updateTime ? Math.max(0, readTime.toMillis() - updateTime.toMillis()) : 0;
    return { path, data: fromFirestore(fields) as T, version, ageMs };
  }

  private async toQuery(query: CheckedQuery): Promise<FirestoreQuery> {
    const { collection, orderBy, startAfter } = query;
    let built: FirestoreQuery = query.group
      ? this.db.collectionGroup(collection)
      : this.db.collection(collection);
    for (const condition of query.where) built = built.where(toFilter(condition));
    const direction = orderBy?.direction ?? 'asc';
    if (orderBy) built = built.orderBy(toFieldPath(orderBy.field), direction);
    built = built.orderBy(FieldPath.documentId(), direction);
    if (startAfter !== undefined) {
      const id = query.group ? startAfter : addressOf(startAfter).id;
      if (orderBy) {
        const cursor = await this.db.doc(startAfter).get();
        if (!cursor.exists) {
          throw new AppError(
            'invalid_request',
            `startAfter: ${startAfter} does not exist any more, begin again`,
          );
        }
        built = built.startAfter(cursor.get(toFieldPath(orderBy.field)), id);
      } else built = built.startAfter(id);
    }
    return query.limit === undefined ? built : built.limit(query.limit);
  }

  private async translated<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw firestoreError(error);
    }
  }

  private assertOpen(): void {
    if (this.closed) throw new AppError('store_unavailable', 'the state store was closed');
  }
}

const parse = (json: string): Data => JSON.parse(json) as Data;
const toFieldPath = (field: string): FieldPath => new FieldPath(...field.split('.'));

function toFilter({ field, anyOf }: Condition): Filter {
  const path = toFieldPath(field);
  return Filter.or(...anyOf.map(({ op, value }) => Filter.where(path, op, value)));
}

function toVersion(time: Timestamp): string {
  return `${time.seconds}.${String(time.nanoseconds).padStart(9, '0')}`;
}

function toTimestamp(version: string): Timestamp | undefined {
  const [, seconds, nanos] = /^(\d{1,12})\.(\d{9})$/.exec(version) ?? [];
  return seconds === undefined ? undefined : new Timestamp(Number(seconds), Number(nanos));
}
