import type { Express, Request, Response } from 'express';
import { z } from 'zod';

import { AppError } from '../../shared/core/errors.ts';
import { parseJsonBody } from '../../shared/core/json-body.ts';
import { parseInput } from '../../shared/core/problem-details.ts';
import { assertMay, type Identity } from '../../shared/policy/roles.ts';
import type { ApiContext } from './api-deps.ts';
import { entityTag, isKnown } from './entity-tag.ts';
import type { RateLimiter } from './rate-limits.ts';
import { RequestRecord } from './request-record.ts';
import type { Call, Reply, Route } from './route.ts';

const DEADLINE_MS = 30_000;
const NO_QUERY = z.strictObject({});
const NO_BODY = z.strictObject({});

const NOBODY: Identity = {
  principal: 'user:nobody',
  kind: 'person',
  tenantId: 'nobody',
  role: 'viewer',
  platformAdmin: false,
};

/** `/v1/runs/{runId}` as Express writes it. */
export function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** What every request goes through. */
interface Gate {
  readonly limiter: RateLimiter;
  readonly record: RequestRecord;
}

async function identityOf(
  route: Route,
  deps: ApiContext,
  { limiter, record }: Gate,
  request: Request,
  response: Response,
): Promise<Identity> {
  if (route.access === 'public') return NOBODY;
  const identity = await deps.identify(request);
  await limiter.take(identity, (headers) => void response.set(headers));
  await record.judged(route, identity, request.params, () => assertAllowed(route, identity));
  return identity;
}

function assertAllowed({ access }: Route, identity: Identity): void {
  if (access === 'public' || access === 'signed-in') return;
  if (access !== 'platform-admin') return assertMay(identity, access);
  if (!identity.platformAdmin)
    throw new AppError(
      'permission_denied',
      `${identity.principal} is no admin of the platform (RODEX_ADMINS)`,
    );
}

function bodyOf(route: Route, request: Request): unknown {
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  if (!route.body) {
    if (bytes.length > 0 && route.method !== 'get')
      parseInput('invalid_request', NO_BODY, parseJsonBody(bytes));
    return undefined;
  }
  if (bytes.length === 0 && route.bodyOptional)
    return parseInput('invalid_request', route.body, {});
  // A form on some web page can send a POST; it cannot send JSON without a preflight, which is never answered.
  if (!request.is('application/json'))
    throw new AppError('invalid_request', 'content-type: send application/json');
  return parseInput('invalid_request', route.body, parseJsonBody(bytes));
}

function send(request: Request, response: Response, reply: Reply): void {
  response.status(reply.status ?? 200).set({ 'cache-control': 'no-store', ...reply.headers });
  if (reply.version !== undefined) {
    const etag = entityTag(reply.version);
    response.set({ etag, 'cache-control': 'private, no-cache' });
    if (request.method === 'GET' && isKnown(request, etag)) {
      response.status(304).end();
      return;
    }
  }
  if (reply.body === undefined) response.end();
  else response.json(reply.body);
}

/** Runs a handler for as long as its caller waits, and no longer than the deadline. */
async function within(ms: number, work: Promise<Reply | undefined>, stop: AbortController) {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new AppError('deadline_exceeded', `not done within ${ms} ms; try again`, {
        retryable: true,
      });
      stop.abort(error);
      reject(error);
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function serve(
  route: Route,
  deps: ApiContext,
  gate: Gate,
  request: Request,
  response: Response,
): Promise<void> {
  const identity = await identityOf(route, deps, gate, request, response);
  const stop = new AbortController();
  response.once('close', () => stop.abort());
  const call: Call<unknown, unknown, unknown> = {
    deps,
    identity,
    tenantId: identity.tenantId,
    params: route.params ? parseInput('not_found', route.params, { ...request.params }) : {},
    query: route.query
      ? parseInput('invalid_request', route.query, { ...request.query })
      : parseInput('invalid_request', NO_QUERY, { ...request.query }),
    body: bodyOf(route, request),
    ifMatch: request.get('if-match'),
    signal: stop.signal,
    request,
    response,
  };
  const work = gate.record.handled(route, call);
  const reply = route.streams
    ? await work
    : await within(deps.deadlineMs ?? DEADLINE_MS, work, stop);
  if (reply) send(request, response, reply);
}

/** Makes the router from the route table, and answers 405 for methods that a path does not have. */
export function mountRoutes(
  app: Express,
  routes: readonly Route[],
  deps: ApiContext,
  limiter: RateLimiter,
): void {
  const gate = { limiter, record: new RequestRecord(deps) };
  for (const route of routes)
    app[route.method](expressPath(route.path), async (request, response) =>
      serve(route, deps, gate, request, response),
    );
  for (const path of new Set(routes.map((each) => each.path))) {
    const allowed = routes.filter((each) => each.path === path).map(({ method }) => method);
    app.all(expressPath(path), (request, response) => {
      response.set('allow', allowed.map((method) => method.toUpperCase()).join(', '));
      throw new AppError(
        'method_not_allowed',
        `${request.method} is not for ${path}; ${allowed.join(', ').toUpperCase()} is`,
      );
    });
  }
}
