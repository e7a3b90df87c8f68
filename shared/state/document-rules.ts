import { AppError } from '../core/errors.ts';
import type { Data, Write } from './state-store.ts';

/** What every adapter accepts and refuses, so that a document that one takes, all take. */
export const MAX_DOCUMENT_BYTES = 1_048_576;
export const MAX_WRITES = 500;
export const MAX_BATCH_BYTES = 10 * 1_048_576;
const MAX_DEPTH = 100;
/** Printable ASCII, so that ids compare the same everywhere. */
const SEGMENTS = /^[\x21-\x2e\x30-\x7e]{1,200}(?:\/[\x21-\x2e\x30-\x7e]{1,200})*$/;
const RESERVED = /(?:^|\/)(?:\.{1,2}|__[^/]*__)(?:\/|$)/;

const invalid = (message: string): AppError => new AppError('invalid_request', message);

/** How many segments the path has. */
function checkPath(path: string): number {
  if (!SEGMENTS.test(path) || RESERVED.test(path)) {
    throw invalid(
      `"${path}" is no path of documents: its segments are 1 to 200 printable ASCII characters, not ".", ".." or __x__`,
    );
  }
  let segments = 1;
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) segments += 1;
  return segments;
}

export interface DocumentAddress {
  readonly path: string;
  readonly collection: string;
  /** Name of the collection, for group queries. */
  readonly group: string;
  readonly id: string;
  /** Compares as the path does segment by segment. */
  readonly sortKey: string;
}

export function addressOf(path: string): DocumentAddress {
  if (checkPath(path) % 2 !== 0) throw invalid(`"${path}" names a collection, not a document`);
  const end = path.lastIndexOf('/');
  const collection = path.slice(0, end);
  const group = collection.slice(collection.lastIndexOf('/') + 1);
  return { path, collection, group, id: path.slice(end + 1), sortKey: sortKeyOf(path) };
}

export function sortKeyOf(path: string): string {
  return path.replaceAll('/', '\u0001');
}

/** True for the document at `prefix` and anything below it, or anything below the collection `prefix`. */
export function isUnder(prefix: string, path: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

export function checkWatchPrefix(prefix: string): void {
  checkPath(prefix);
}

export function checkCollection(path: string, group: boolean): void {
  const segments = checkPath(path);
  if (group && segments !== 1) throw invalid(`"${path}" is no collection name`);
  if (segments % 2 !== 1) throw invalid(`"${path}" names a document, not a collection`);
}

/** A document after the rules of plain JSON and size. Its text is made when it is first asked for: not every store keeps text. */
export class CheckedDocument {
  readonly data: Data;
  #json: string | undefined;

  constructor(data: Data) {
    this.data = data;
  }

  get json(): string {
    return (this.#json ??= JSON.stringify(this.data));
  }

  get bytes(): number {
    return Buffer.byteLength(this.json);
  }
}

/** Where in a document it is not plain JSON; the path is made only when something is wrong. */
class NotPlain {
  readonly what: string;
  field = '';

  constructor(what: string) {
    this.what = what;
  }

  within(key: string | number): this {
    const before = typeof key === 'number' ? `[${key}]` : key;
    const isJoined = this.field === '' || this.field.startsWith('[');
    this.field = isJoined ? `${before}${this.field}` : `${before}.${this.field}`;
    return this;
  }
}

function checkDocument(path: string, data: Data): { document: CheckedDocument; most: number } {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw invalid(`${path}: a document is an object`);
  }
  const most = checkValue(data, 0);
  if (typeof most !== 'number') {
    const field = most.field === '' ? 'the document' : most.field;
    throw invalid(`${path}: ${field} ${most.what}; documents are plain JSON`);
  }
  const document = new CheckedDocument(data);
  if (most > MAX_DOCUMENT_BYTES && document.bytes > MAX_DOCUMENT_BYTES) {
    const { bytes } = document;
    throw new AppError(
      'payload_too_large',
      `${path} has ${bytes} bytes, a document may have ${MAX_DOCUMENT_BYTES}: keep large bodies in the artifact store`,
      { details: { path, bytes } },
    );
  }
  return { document, most };
}

/** Most bytes that a UTF-16 unit takes in JSON text, as \\uXXXX; and any number, boolean or null, with what separates it from the next. */
const UNIT_BYTES = 6;
const SCALAR_BYTES = 30;

/** More bytes than its JSON text has, but not many times more; or what is wrong with it. */
function checkValue(value: unknown, depth: number): number | NotPlain {
  switch (typeof value) {
    case 'string':
      return UNIT_BYTES * value.length + 3;
    case 'boolean':
      return SCALAR_BYTES;
    case 'number':
      if (!Number.isFinite(value)) return new NotPlain(`is ${value}`);
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
        return new NotPlain('is an integer beyond 2^53: store it as text');
      }
      return SCALAR_BYTES;
    case 'object':
      return value === null ? SCALAR_BYTES : checkObject(value, depth);
    default:
      return new NotPlain(`is ${typeof value}`);
  }
}

function checkObject(value: object, depth: number): number | NotPlain {
  if (depth >= MAX_DEPTH) return new NotPlain(`is nested deeper than ${MAX_DEPTH} levels`);
  let most = 3;
  if (Array.isArray(value)) {
    // By index: a hole must not pass.
    for (let index = 0; index < value.length; index += 1) {
      const inner = checkValue(value[index], depth + 1);
      if (typeof inner !== 'number') return inner.within(index);
      most += inner;
    }
    return most;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return new NotPlain(`is a ${value.constructor.name}`);
  }
  if ('toJSON' in value) return new NotPlain('has toJSON');
  for (const key of Object.keys(value)) {
    const inner = checkValue((value as Data)[key], depth + 1);
    if (typeof inner !== 'number') return inner.within(key);
    most += inner + UNIT_BYTES * key.length + 3;
  }
  return most;
}

export type CheckedWrite =
  | { readonly op: 'create'; readonly at: DocumentAddress; readonly document: CheckedDocument }
  | {
      readonly op: 'update';
      readonly at: DocumentAddress;
      readonly document: CheckedDocument;
      readonly ifVersion: string;
    }
  | {
      readonly op: 'delete';
      readonly at: DocumentAddress;
      readonly ifVersion: string | undefined;
    };

export function checkWrites(writes: readonly Write[]): readonly CheckedWrite[] {
  if (writes.length > MAX_WRITES) {
    throw invalid(`a batch has ${MAX_WRITES} writes at most, not ${writes.length}`);
  }
  const seen = new Set<string>();
  let atMost = 0;
  const checked = writes.map((write): CheckedWrite => {
    const at = addressOf(write.path);
    if (seen.has(write.path)) throw invalid(`${write.path} is written twice in one batch`);
    seen.add(write.path);
    if (write.op === 'delete') return { op: 'delete', at, ifVersion: write.ifVersion };
    const { document, most } = checkDocument(write.path, write.data);
    atMost += most;
    if (write.op === 'create') return { op: 'create', at, document };
    return { op: 'update', at, document, ifVersion: write.ifVersion };
  });
  const bytes = atMost > MAX_BATCH_BYTES ? bytesOf(checked) : 0;
  if (bytes > MAX_BATCH_BYTES) {
    throw new AppError(
      'payload_too_large',
      `the batch has ${bytes} bytes, it may have ${MAX_BATCH_BYTES}: split it`,
      { details: { bytes } },
    );
  }
  return checked;
}

function bytesOf(writes: readonly CheckedWrite[]): number {
  return writes.reduce((sum, write) => sum + (write.op === 'delete' ? 0 : write.document.bytes), 0);
}

export function conflict(write: CheckedWrite): AppError {
  const why = write.op === 'create' ? 'exists already' : 'was changed by somebody else or is gone';
  return new AppError('conflict', `${write.at.path} ${why}: read it again`, {
    details: { path: write.at.path, op: write.op },
  });
}
