import type { Data } from './state-store.ts';

/**
 * Documents as Firestore can hold them. What it cannot hold is written in another way: fields whose names it reserves get a `~`
 * in front, lists within lists and what is nested deeper than its 20 levels are kept as JSON text under `~json`.
 * Fields of a document that begin with a single `~` and are listed here are the adapter's own.
 */
export const WRITE_MARK = '~w';
export const WRITTEN_AT = '~t';
const JSON_TEXT = '~json';
/** One level is spent on the wrapper. */
const MAX_DEPTH = 18;

const encodeKey = (key: string): string =>
  key === '' || key.startsWith('~') || /^__.*__$/s.test(key) ? `~${key}` : key;
const decodeKey = (key: string): string => (key.startsWith('~') ? key.slice(1) : key);

export function toFirestore(data: Data): Record<string, unknown> {
  return encodeMap(data, 1);
}

function encodeMap(map: Data, depth: number): Record<string, unknown> {
  const entries = Object.entries(map).map(([key, value]) => [encodeKey(key), encode(value, depth)]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function encode(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const nestedList = Array.isArray(value) && value.some((item) => Array.isArray(item));
  if (nestedList || depth >= MAX_DEPTH) return { [JSON_TEXT]: JSON.stringify(value) };
  if (Array.isArray(value)) return value.map((item) => encode(item, depth + 1));
  return encodeMap(value as Data, depth + 1);
}

export function fromFirestore(fields: Readonly<Record<string, unknown>>): Data {
  const { [WRITE_MARK]: _mark, [WRITTEN_AT]: _at, ...data } = fields;
  return decodeMap(data);
}

function decodeMap(map: Readonly<Record<string, unknown>>): Data {
  const entries = Object.entries(map).map(([key, value]) => [decodeKey(key), decode(value)]);
  return Object.fromEntries(entries) as Data;
}

function decode(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(decode);
  const text = (value as Record<string, unknown>)[JSON_TEXT];
  if (typeof text === 'string') return JSON.parse(text) as unknown;
  return decodeMap(value as Record<string, unknown>);
}
