import fc, { type Arbitrary } from 'fast-check';

import { openApi } from '../openapi.ts';
import { ROUTES } from '../route-table.ts';
import type { Route } from '../route.ts';

type Json = Readonly<Record<string, unknown>>;

/** Things that exist, by the name of the parameter or field that names them. */
export type Pool = Readonly<Record<string, readonly string[]>>;

export interface GeneratedRequest {
  readonly route: Route;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const document = openApi('1.2.3');
const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? (value as Json) : {};

const some = <T>(list: T[], most: number): Arbitrary<T[]> =>
  fc.subarray(list, { maxLength: Math.min(most, list.length) });

/** What JSON Schema cannot say of a field: values that its own check takes. */
const GOOD: Pool = {
  url: ['https://portal.example/', 'https://portal.example/a?b=c'],
  navigate: ['https://portal.example'],
  origins: ['https://portal.example'],
  resources: ['https://cdn.example'],
  hosts: ['https://portal.example'],
  cron: ['0 9 * * 1-5', '*/15 * * * *', '0 0 1 1 *'],
  timeZone: ['UTC', 'Europe/Berlin', 'America/New_York'],
  email: ['ada@example.com', 'grace@example.com'],
  expiresAt: ['2040-01-01T00:00:00.000Z'],
  requestId: ['ask_1'],
  commitDigest: ['sha256:1'],
  answer: ['approve', 'deny', 'acted', 'text'],
  goal: ['open it'],
  token: ['e30.x'],
};

const JUNK: Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>('', ' ', '\u0000', '../..', '__proto__', -1, 1e308, [], {}, null, true),
  fc.string({ maxLength: 40, unit: 'binary' }),
);

function schemaValue(schema: Json, name: string, pool: Pool, depth: number): Arbitrary<unknown> {
  if (typeof schema['$ref'] === 'string') {
    const found = schema['$ref'].split('/').at(-1) ?? '';
    return schemaValue(object(document.components?.schemas?.[found]), name, pool, depth + 1);
  }
  const known = [...(pool[name] ?? []), ...(GOOD[name] ?? [])];
  if (name === 'waitMs') return fc.constantFrom(0, 1, 5);
  if (known.length > 0 && schema['type'] === 'string') return fc.constantFrom(...known);
  if (known.length > 0 && schema['type'] === 'array') return fc.constantFrom([known[0]]);
  const options = [schema['anyOf'], schema['oneOf']].flatMap((each) =>
    Array.isArray(each) ? each.map(object) : [],
  );
  if (options.length > 0) {
    if (depth > 6) return fc.constant(null);
    return fc.oneof(...options.map((option) => schemaValue(option, name, pool, depth + 1)));
  }
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  if (schema['const'] !== undefined) return fc.constant(schema['const']);
  const number = (key: string, otherwise: number): number =>
    typeof schema[key] === 'number' ? schema[key] : otherwise;
  switch (schema['type']) {
    case 'string': {
      const pattern = typeof schema['pattern'] === 'string' ? schema['pattern'] : undefined;
      if (pattern !== undefined && !pattern.includes('(?'))
        return fc.stringMatching(new RegExp(pattern)).map((text) => text.slice(0, 200));
      const minLength = number('minLength', 0);
      return fc.string({ minLength, maxLength: Math.min(number('maxLength', 20), minLength + 20) });
    }
    case 'integer':
      return fc.integer({
        min: Math.max(number('minimum', 0), -1e9),
        max: Math.min(number('maximum', 1_000), 1e9),
      });
    case 'number':
      return fc.double({ min: number('minimum', -1e6), max: number('maximum', 1e6), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(schemaValue(object(schema['items']), name, pool, depth + 1), {
        minLength: Math.min(number('minItems', 0), 3),
        maxLength: 2,
      });
    case 'object':
      return objectValue(schema, pool, depth);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

function objectValue(schema: Json, pool: Pool, depth: number): Arbitrary<Json> {
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
  const entries = Object.entries(object(schema['properties']));
  const fields = Object.fromEntries(
    entries.map(([name, value]) => [name, schemaValue(object(value), name, pool, depth + 1)]),
  );
  const optional = entries.map(([name]) => name).filter((name) => !required.includes(name));
  // Few optional fields at a time: enough of what is made is then taken.
  const keep = some(optional, depth > 2 ? 1 : 2);
  return keep.chain((kept) => {
    const chosen = [...required, ...kept].filter((name) => fields[name]);
    return fc.record(Object.fromEntries(chosen.map((name) => [name, fields[name]])) as never);
  });
}

/** Most bodies as the schema says; some spoilt in one place, some not even that. */
function spoilt(value: Arbitrary<unknown>): Arbitrary<unknown> {
  const one = fc.tuple(value, fc.nat(), JUNK).map(([body, at, junk]) => {
    const names = Object.keys(object(body));
    const name = names[at % Math.max(1, names.length)] ?? 'surprise';
    return { ...object(body), [at % 5 === 0 ? 'surprise' : name]: junk };
  });
  return fc.oneof({ weight: 6, arbitrary: value }, { weight: 3, arbitrary: one }, { weight: 1, arbitrary: JUNK });
}

const HEADER_VALUES: Readonly<Record<string, Arbitrary<string>>> = {
  'idempotency-key': fc.stringMatching(/^[a-z0-9]{1,8}$/),
  'if-match': fc.constantFrom('*', '"x"', ''),
  'if-none-match': fc.constantFrom('"x"', '*'),
  'last-event-id': fc.constantFrom('log-0', '1', 'x', '-1', 'log-999999999'),
  range: fc.constantFrom('bytes=0-0', 'bytes=0-', 'bytes=9-1', 'bytes=99999-', 'bytes=-1', 'x'),
};

/** Requests of one route, with names of things that exist for the most part. */
export function requestsOf(route: Route, pool: Pool): Arbitrary<GeneratedRequest> {
  const operation = object(document.paths?.[route.path]?.[route.method]);
  const parameters = (Array.isArray(operation['parameters']) ? operation['parameters'] : []).map(object);
  const inPath = parameters.filter((parameter) => parameter['in'] === 'path');
  const inQuery = parameters.filter((parameter) => parameter['in'] === 'query');
  const value = (parameter: Json): Arbitrary<string> => {
    const name = String(parameter['name']);
    const good = schemaValue(object(parameter['schema']), name, pool, 0).map(String);
    const bad = JUNK.map((junk) => String(junk).slice(0, 60) || 'x');
    return fc.oneof({ weight: 9, arbitrary: good }, { weight: 1, arbitrary: bad });
  };
  const values = (list: readonly Json[]): Arbitrary<Record<string, string>> =>
    fc.record(
      Object.fromEntries(list.map((each) => [String(each['name']), value(each)])),
    ) as Arbitrary<Record<string, string>>;
  const content = object(object(object(operation['requestBody'])['content'])['application/json']);
  const bodies = content['schema']
    ? spoilt(schemaValue(object(content['schema']), 'body', pool, 0)).map((body) => JSON.stringify(body))
    : fc.constant(undefined);
  const headers = some([...(route.headers ?? [])], 1).chain((names) =>
    fc.record(Object.fromEntries(names.map((name) => [name, HEADER_VALUES[name] ?? fc.constant('x')]))),
  ) as Arbitrary<Record<string, string>>;
  const query = fc
    .tuple(values(inQuery), some(inQuery.map((each) => String(each['name'])), 1))
    .map(([all, kept]) => new URLSearchParams(kept.map((name) => [name, all[name] ?? ''])).toString());
  return fc.tuple(values(inPath), query, headers, bodies).map(([path, search, header, body]) => ({
    route,
    path: route.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
      encodeURIComponent(path[name] ?? 'x').replace(/^\.+$/, 'dot'),
    ),
    query: search,
    headers: header,
    body,
  }));
}

export const requests = (pool: Pool): Arbitrary<GeneratedRequest> =>
  fc.oneof(...ROUTES.map((route) => requestsOf(route, pool)));

/** Nobody here waits for what will not come. */
const atOnce = (query: string, { operationId }: Route): string =>
  operationId === 'pollRun' && !query.includes('waitMs') ? `${query}&waitMs=1` : query;

export async function send(
  base: string,
  key: string | undefined,
  { route, path, query, headers, body }: GeneratedRequest,
): Promise<Response> {
  return fetch(`${base}${path}?${atOnce(query, route)}`, {
    method: route.method.toUpperCase(),
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  });
}
