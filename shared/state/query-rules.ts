import { AppError } from '../core/errors.ts';
import { addressOf, checkCollection } from './document-rules.ts';
import type { Query } from './state-store.ts';

export type Scalar = string | number | boolean | null;
export type Comparison = '==' | '<' | '<=' | '>' | '>=';

/** A condition as alternatives: `in` becomes one equality per value. */
export interface Condition {
  readonly field: string;
  readonly anyOf: readonly { readonly op: Comparison; readonly value: Scalar }[];
}

export interface CheckedQuery {
  readonly collection: string;
  readonly group: boolean;
  readonly where: readonly Condition[];
  readonly orderBy: Query['orderBy'];
  readonly limit: number | undefined;
  readonly startAfter: string | undefined;
}

const FIELD = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
/** Firestore's limit of alternatives. */
const MAX_IN = 30;

const invalid = (message: string): AppError => new AppError('invalid_request', message);

function checkField(field: string): string {
  if (!FIELD.test(field)) throw invalid(`"${field}" is no field that can be asked for`);
  return field;
}

function checkScalar(field: string, value: unknown): Scalar {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalid(`${field} can be compared with text, a number, a boolean or null only`);
}

export function checkQuery(query: Query): CheckedQuery {
  const group = query.group ?? false;
  checkCollection(query.collection, group);
  if (query.limit !== undefined && !(Number.isSafeInteger(query.limit) && query.limit > 0)) {
    throw invalid(`limit is a whole number above 0, not ${query.limit}`);
  }
  if (query.startAfter !== undefined) addressOf(query.startAfter);
  if (query.orderBy) checkField(query.orderBy.field);
  // Firestore reads a range in its own order only; so does everybody.
  const range = query.where?.find(({ op }) => op !== '==' && op !== 'in');
  if (range && query.orderBy?.field !== range.field) {
    throw invalid(`${range.field}: ${range.op} needs orderBy of the same field`);
  }
  return {
    collection: query.collection,
    group,
    where: (query.where ?? []).map(checkCondition),
    orderBy: query.orderBy,
    limit: query.limit,
    startAfter: query.startAfter,
  };
}

function checkCondition({ field, op, value }: NonNullable<Query['where']>[number]): Condition {
  checkField(field);
  if (op === 'in') {
    if (!Array.isArray(value) || value.length === 0 || value.length > MAX_IN) {
      throw invalid(`${field}: "in" takes a list of 1 to ${MAX_IN} values`);
    }
    return {
      field,
      anyOf: value.map((item: unknown) => ({ op: '==' as const, value: checkScalar(field, item) })),
    };
  }
  const scalar = checkScalar(field, value);
  if (op !== '==' && typeof scalar !== 'string' && typeof scalar !== 'number') {
    throw invalid(`${field}: ${op} compares text or numbers`);
  }
  return { field, anyOf: [{ op, value: scalar }] };
}
