/**
 * Where everything durable lives: documents at slash-separated paths (`tenants/acme/runs/run_x`), even number of segments.
 * Data is plain JSON (no undefined, no bytes, integers within 2^53). Adapters: SQLite on one machine, Firestore on Google Cloud.
 */

export type Data = Readonly<Record<string, unknown>>;

export interface StoredDocument<T = Data> {
  readonly path: string;
  readonly data: T;
  /** Opaque; changes with every write of this document. Pass it as `ifVersion`. */
  readonly version: string;
  /** Age of the last write in ms by the store's own clock at the time of reading. `Infinity` when it was written under a clock that is gone (the machine was restarted). */
  readonly ageMs: number;
}

/** One part of a batch. */
export type Write =
  | { readonly op: 'create'; readonly path: string; readonly data: Data }
  /** Replaces the document if its version is still `ifVersion`. */
  | {
      readonly op: 'update';
      readonly path: string;
      readonly data: Data;
      readonly ifVersion: string;
    }
  /** Deletes; with `ifVersion` only if unchanged; deleting what does not exist without it is no error. */
  | { readonly op: 'delete'; readonly path: string; readonly ifVersion?: string };

export interface Query {
  /** A collection path (`tenants/acme/runs`) or, with `group`, a collection name (`runs`) across all parents. */
  readonly collection: string;
  readonly group?: boolean;
  /**
   * All must hold. Fields are top-level or dotted; values are text, numbers, booleans or null and match their own type only; `in` takes
   * 1 to 30. Ranges (<, <=, >, >=) are of text or numbers and need `orderBy` of the same field.
   */
  readonly where?: readonly {
    readonly field: string;
    readonly op: '==' | 'in' | '<' | '<=' | '>' | '>=';
    readonly value: unknown;
  }[];
  /**
   * Ordered by this field, then by path, both in `direction`; documents without the field are left out. Absent: by path, segment by
   * segment (ids compare as strings).
   */
  readonly orderBy?: { readonly field: string; readonly direction: 'asc' | 'desc' };
  readonly limit?: number;
  /** Path of the last document of the previous page. */
  readonly startAfter?: string;
  /** No index serves it: SQLite reads everything, Firestore refuses with `invalid_config`, and the caller manages without. */
  readonly scan?: boolean;
}

/**
 * What a commit outlives once it resolved. `machine`: a power cut. `process`: the death of every process; a power cut may take it back
 * together with all that was committed after it, never without. Any later commit for the `machine` covers it. A store that knows only
 * one kind gives the stronger.
 */
export type Outlives = 'machine' | 'process';

export interface StateStore {
  /**
   * Applies all writes or none, durably (`machine` unless told), before it resolves; at most 500 writes and 10 MiB.
   * Resolves to the new version of each created or updated document, in the order of `writes` (empty string for deletes).
   * Errors: `conflict` (a create met an existing document or an `ifVersion` did not match; details.path names it),
   * `payload_too_large` (a document over 1 MiB), `store_unavailable` (retryable), `disk_full`, `store_corrupt`.
   */
  commit(writes: readonly Write[], outlives?: Outlives): Promise<readonly string[]>;
  get<T = Data>(path: string): Promise<StoredDocument<T> | undefined>;
  query<T = Data>(query: Query): Promise<readonly StoredDocument<T>[]>;
  /**
   * Calls `onChange` with the paths of documents changed under `prefix` (a document path, meaning it and all below it, or a
   * collection path, meaning its documents and all below them), after they were committed, by any process, at least once and
   * possibly coalesced; with an empty list once the feed is live, and whenever it cannot tell which: read all again. A missed or
   * repeated call must not matter: read again. Returns a function that ends it.
   */
  watch(prefix: string, onChange: (paths: readonly string[]) => void): () => void;
  close(): Promise<void>;
}
