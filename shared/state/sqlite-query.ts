import type { CheckedQuery, Condition, Scalar } from './query-rules.ts';
import { sortKeyOf } from './document-rules.ts';

export type SqlValue = string | number | null;

export interface Sql {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** Where a document stands in an ordering, read from the document that `startAfter` names. */
export interface Cursor {
  readonly rank: number;
  readonly value: SqlValue;
}

/** Field names were checked by `checkQuery`: they hold no quotes, so the path can be a literal, which lets indexes apply. */
const jsonPath = (field: string): string =>
  `'$.${field
    .split('.')
    .map((part) => `"${part}"`)
    .join('.')}'`;
const extract = (field: string): string => `json_extract(data, ${jsonPath(field)})`;
const typeOf = (field: string): string => `json_type(data, ${jsonPath(field)})`;
/** null < booleans < numbers < text, as Firestore orders them; within null all are equal. */
const rank = (field: string): string =>
  `CASE ${typeOf(field)} WHEN 'null' THEN 0 WHEN 'false' THEN 1 WHEN 'true' THEN 1 WHEN 'integer' THEN 2 WHEN 'real' THEN 2 WHEN 'text' THEN 3 ELSE 4 END`;
const orderValue = (field: string): string => `coalesce(${extract(field)}, 0)`;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Serves queries for `field` in collections called `group`. */
export function indexSql(group: string, field: string): string {
  const name = `documents_${group}_${field}`.replaceAll('"', '""');
  return `CREATE INDEX IF NOT EXISTS "${name}" ON documents (${extract(field)}, sort_key) WHERE group_name = ${quoted(group)}`;
}

function condition({ field, anyOf }: Condition, values: SqlValue[]): string {
  const alternatives = anyOf.map(({ op, value }) => comparison(field, op, value, values));
  return `(${alternatives.join(' OR ')})`;
}

function comparison(field: string, op: string, value: Scalar, values: SqlValue[]): string {
  if (value === null) return `${typeOf(field)} = 'null'`;
  if (typeof value === 'boolean') return `${typeOf(field)} = '${value}'`;
  values.push(value);
  const types = typeof value === 'string' ? `('text')` : `('integer', 'real')`;
  return `(${extract(field)} ${op === '==' ? '=' : op} ? AND ${typeOf(field)} IN ${types})`;
}

export function cursorSql(field: string, path: string): Sql {
  return {
    text: `SELECT ${rank(field)} AS rank, ${orderValue(field)} AS value FROM documents WHERE path = ?`,
    values: [path],
  };
}

export function selectSql(query: CheckedQuery, cursor: Cursor | undefined): Sql {
  const values: SqlValue[] = [];
  // The group's name is a literal so that partial indexes apply.
  const where = [`group_name = ${quoted(query.collection.split('/').at(-1) ?? '')}`];
  if (!query.group) {
    where.push('collection = ?');
    values.push(query.collection);
  }
  for (const item of query.where) where.push(condition(item, values));
  const { orderBy, startAfter } = query;
  const direction = orderBy?.direction === 'desc' ? 'DESC' : 'ASC';
  const beyond = direction === 'DESC' ? '<' : '>';
  const keys = orderBy
    ? [rank(orderBy.field), orderValue(orderBy.field), 'sort_key']
    : ['sort_key'];
  if (orderBy) where.push(`${typeOf(orderBy.field)} IS NOT NULL`);
  if (startAfter !== undefined) {
    where.push(`(${keys.join(', ')}) ${beyond} (${keys.map(() => '?').join(', ')})`);
    if (cursor) values.push(cursor.rank, cursor.value);
    values.push(sortKeyOf(startAfter));
  }
  const order = keys.map((key) => `${key} ${direction}`).join(', ');
  values.push(query.limit ?? -1);
  return {
    text: `SELECT path, data, version, boot_id, written_ms FROM documents WHERE ${where.join(' AND ')} ORDER BY ${order} LIMIT ?`,
    values,
  };
}
