import type { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';

import { CATALOG } from '../../shared/contracts/catalog.ts';
import { Problem } from '../../shared/contracts/problem.ts';
import { ROUTES } from './route-table.ts';
import { TAGS, type HeaderName, type ReplySpec, type Route } from './route.ts';

export type OpenApiDocument = ReturnType<typeof createDocument>;

const text = { type: 'string' } as const;

const HEADERS: Readonly<Record<HeaderName, string>> = {
  'idempotency-key':
    'the same key gives the same answer, however often it is sent; 1 to 200 characters',
  'if-match': 'the ETag that you read: refused with 412 when somebody changed it since',
  'if-none-match': 'the ETag that you know: 304 when it is still that',
  'last-event-id': 'go on after this id',
  range: 'one range of bytes, such as bytes=0-1023',
};

const REPLY_HEADERS = {
  location: { description: 'where it is', schema: text },
  etag: { description: 'of this version', schema: text },
  'content-range': { description: 'which bytes of how many', schema: text },
};

const PascalCase = (name: string): string =>
  name.replaceAll(/(?:^|-)(\w)/g, (_all, letter: string) => letter.toUpperCase());

/** Contracts under their names, so that the document refers to them instead of repeating them. */
const SCHEMAS = Object.fromEntries(
  Object.entries(CATALOG).map(([name, schema]) => [PascalCase(name), schema]),
);

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
});

function reply({ description, body, mediaType = 'application/json', headers = [] }: ReplySpec) {
  return {
    description,
    ...(body && { content: { [mediaType]: { schema: body } } }),
    ...(headers.length > 0 && {
      headers: Object.fromEntries(headers.map((name) => [name, REPLY_HEADERS[name]])),
    }),
  };
}

function operation(route: Route): ZodOpenApiOperationObject {
  const { params, query, body, headers = [], replies } = route;
  const responses: ZodOpenApiResponsesObject = Object.fromEntries(
    Object.entries(replies).map(([status, spec]) => [status, reply(spec)]),
  );
  const access =
    route.access === 'public'
      ? 'Nobody is asked who they are.'
      : route.access === 'signed-in'
        ? 'For every role.'
        : route.access === 'platform-admin'
          ? 'For admins of the platform.'
          : `Needs the permission \`${route.access}\`.`;
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: route.description === undefined ? access : `${route.description}\n\n${access}`,
    ...(route.access === 'public' && { security: [] }),
    ...((params ?? query) && {
      requestParams: {
        ...(params && { path: params as z.ZodObject }),
        ...(query && { query: query as z.ZodObject }),
      },
    }),
    ...(headers.length > 0 && {
      parameters: headers.map((name) => ({
        name,
        in: 'header' as const,
        description: HEADERS[name],
        schema: text,
      })),
    }),
    ...(body && {
      requestBody: {
        required: route.bodyOptional !== true,
        content: { 'application/json': { schema: body } },
      },
    }),
    responses: {
      ...responses,
      '4XX': problem('What is wrong with the request, and the cure'),
      '5XX': problem('What is wrong here; try again when `retry-after` says so'),
    },
  };
}

function pathsOf(routes: readonly Route[]): ZodOpenApiPathsObject {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  return paths;
}

/** Only the contracts that the API speaks: what is stored alone is not told. */
function withoutUnused(document: OpenApiDocument): OpenApiDocument {
  const { schemas = {} } = document.components ?? {};
  const used = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const name =
        key === '$ref' && typeof inner === 'string' ? inner.split('/').at(-1) : undefined;
      if (name === undefined) look(inner);
      else if (!used.has(name)) {
        used.add(name);
        look(schemas[name]);
      }
    }
  };
  look(document.paths);
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...document, components: { ...document.components, schemas: kept } };
}

let made: { version: string; document: OpenApiDocument } | undefined;

/** The API as OpenAPI 3.1, made from the route table and its contracts. */
export function openApi(version: string): OpenApiDocument {
  if (made?.version === version) return made.document;
  const source: ZodOpenApiObject = {
    openapi: '3.1.0',
    info: {
      title: 'Rodex',
      version,
      description:
        'Goals in plain language become durable, audited browser runs. Errors are problem details (RFC 9457) with a stable `code`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'this platform' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ bearer: [] }],
    paths: pathsOf(ROUTES),
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key (`rdx.…`) or a Google ID token',
        },
      },
    },
  };
  made = {
    version,
    document: withoutUnused(createDocument(source)),
  };
  return made.document;
}
