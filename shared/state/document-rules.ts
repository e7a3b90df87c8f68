import { AppError } from '../core/errors.ts';
import type { Data, Write } from './state-store.ts';

/** What every adapter accepts and refuses, so that a document that one takes, all take. */
export const MAX_DOCUMENT_BYTES = 1_048_576;
export const MAX_WRITES = 500;
export const MAX_BATCH_BYTES = 10 * 1_048_576;
const MAX_DEPTH = 100;
/** Printable ASCII, so that ids compare the same everywhere. */
const SEGMENT = /^[\x21-\x2e\x30-\x7e]{1,200}$/;

const invalid = (message: string): AppError => new AppError('invalid_request', message);

function segmentsOf(path: string): string[] {
  const segments = path.split('/');
  for (const segment of segments) {
    if (!SEGMENT.test(segment) || segment === '.' || segment === '..' || /^__.*__$/.test(segment)) {
      throw invalid(
        `"${path}" is no path of documents: its segments are 1 to 200 printable ASCII characters, not ".", ".." or __x__`,
      );
    }
  }
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
  const segments = segmentsOf(path);
  if (segments.length % 2 !== 0) throw invalid(`"${path}" names a collection, not a document`);
  return {
    path,
    collection: segments.slice(0, -1).join('/'),
    group: segments.at(-2) ?? '',
    id: segments.at(-1) ?? '',
    sortKey: sortKeyOf(path),
  };
}

export function sortKeyOf(path: string): string {
  return path.replaceAll('/', '\u0001');
}

/** True for the document at `prefix` and anything below it, or anything below the collection `prefix`. */
export function isUnder(prefix: string, path: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

export function checkWatchPrefix(prefix: string): void {
  segmentsOf(prefix);
}

export function checkCollection(path: string, group: boolean): void {
  const segments = segmentsOf(path);
  if (group && segments.length !== 1) throw invalid(`"${path}" is no collection name`);
  if (segments.length % 2 !== 1) throw invalid(`"${path}" names a document, not a collection`);
}

/** The document as JSON text, after the rules of plain JSON and size. */
export function encodeDocument(path: string, data: Data): string {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw invalid(`${path}: a document is an object`);
  }
  checkValue(path, '', data, 0);
  const json = JSON.stringify(data);
  const bytes = Buffer.byteLength(json);
  if (bytes > MAX_DOCUMENT_BYTES) {
    throw new AppError(
      'payload_too_large',
      `${path} has ${bytes} bytes, a document may have ${MAX_DOCUMENT_BYTES}: keep large bodies in the artifact store`,
      { details: { path, bytes } },
    );
  }
  return json;
}

function checkValue(path: string, field: string, value: unknown, depth: number): void {
  const bad = (what: string): AppError =>
    invalid(`${path}: ${field === '' ? 'the document' : field} ${what}; documents are plain JSON`);
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return;
    case 'number':
      if (!Number.isFinite(value)) throw bad(`is ${value}`);
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
        throw bad('is an integer beyond 2^53: store it as text');
      }
      return;
    case 'object':
      break;
    default:
      throw bad(`is ${typeof value}`);
  }
  if (value === null) return;
  if (depth >= MAX_DEPTH) throw bad(`is nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) {
    // By index: a hole must not pass.
    for (let index = 0; index < value.length; index += 1) {
      checkValue(path, `${field}[${index}]`, value[index], depth + 1);
    }
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw bad(`is a ${value.constructor.name}`);
  }
  if ('toJSON' in value) throw bad('has toJSON');
  for (const [key, inner] of Object.entries(value)) {
    checkValue(path, field === '' ? key : `${field}.${key}`, inner, depth + 1);
  }
}

export type CheckedWrite =
  | { readonly op: 'create'; readonly at: DocumentAddress; readonly json: string }
  | {
      readonly op: 'update';
      readonly at: DocumentAddress;
      readonly json: string;
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
  let bytes = 0;
  const checked = writes.map((write): CheckedWrite => {
    const at = addressOf(write.path);
    if (seen.has(write.path)) throw invalid(`${write.path} is written twice in one batch`);
    seen.add(write.path);
    if (write.op === 'delete') return { op: 'delete', at, ifVersion: write.ifVersion };
    const json = encodeDocument(write.path, write.data);
    bytes += Buffer.byteLength(json);
    if (write.op === 'create') return { op: 'create', at, json };
    return { op: 'update', at, json, ifVersion: write.ifVersion };
  });
  if (bytes > MAX_BATCH_BYTES) {
    throw new AppError(
      'payload_too_large',
      `the batch has ${bytes} bytes, it may have ${MAX_BATCH_BYTES}: split it`,
      { details: { bytes } },
    );
  }
  return checked;
}

export function conflict(write: CheckedWrite): AppError {
  const why = write.op === 'create' ? 'exists already' : 'was changed by somebody else or is gone';
  return new AppError('conflict', `${write.at.path} ${why}: read it again`, {
    details: { path: write.at.path, op: write.op },
  });
}
