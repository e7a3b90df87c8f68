import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';

import { AppError } from '../../shared/core/errors.ts';
import type { ApiContext, ApiDeps } from './api-deps.ts';
import { docsPage } from './docs-page.ts';
import { mountRoutes } from './mount-routes.ts';
import { openApi } from './openapi.ts';
import { problemHandler } from './problems.ts';
import { RateLimiter } from './rate-limits.ts';
import { requestTelemetry } from './request-telemetry.ts';
import { collectBody } from './request-body.ts';
import { ROUTES } from './route-table.ts';
import { RunFeeds } from './run-feed.ts';

export type { ApiDeps } from './api-deps.ts';

function guardHost(hostNames: readonly string[]): RequestHandler {
  return (request, _response, next) => {
    const host = (request.get('host') ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
    if (!hostNames.includes('*') && !hostNames.includes(host))
      throw new AppError(
        'permission_denied',
        `this platform does not answer to the name "${host.slice(0, 100)}"`,
      );
    next();
  };
}

/** Nothing of the API is a page, but for /docs: nothing may be loaded, framed or guessed. */
function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
    },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
}

const ALLOWED_HEADERS =
  'authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, range, rodex-tenant';
const SHOWN_HEADERS = 'etag, location, ratelimit, ratelimit-policy, retry-after';

/** Off unless origins are named. No cookies are used, so credentials are never allowed. */
function cors(origins: readonly string[]): RequestHandler {
  return (request, response, next) => {
    const origin = request.get('origin');
    if (origin === undefined || !origins.includes(origin)) return next();
    response.vary('origin').set({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': SHOWN_HEADERS,
    });
    if (request.method !== 'OPTIONS') return next();
    response.set({
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': ALLOWED_HEADERS,
      'access-control-max-age': '600',
    });
    response.status(204).end();
  };
}

function refuseWhileDraining(draining: AbortSignal | undefined): RequestHandler {
  return (_request, response, next) => {
    if (draining?.aborted) {
      response.set({ connection: 'close', 'retry-after': '1' });
      throw new AppError('shutting_down', 'this instance shuts down: another one answers', {
        retryable: true,
      });
    }
    next();
  };
}

let described: ReturnType<ApiContext['describe']> | undefined;

/** Made when somebody asks: describing the whole API takes longer than answering. */
function describe(version: string): ReturnType<ApiContext['describe']> {
  if (described) return described;
  const document = openApi(version);
  described = { document, ...docsPage(document) };
  return described;
}

/** The HTTP function `api`. */
export function createApi(deps: ApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  // Whoever sends X-Forwarded-… is not believed: no address or host of it is used.
  app.set('trust proxy', false);
  app.use(requestTelemetry(deps));
  app.use(securityHeaders());
  app.use(guardHost(deps.hostNames));
  app.use(refuseWhileDraining(deps.draining));
  app.use(cors(deps.corsOrigins ?? []));
  app.use(collectBody());
  const context = { ...deps, runFeeds: new RunFeeds(deps), describe: () => describe(deps.version) };
  mountRoutes(app, ROUTES, context, new RateLimiter(deps.limits));
  app.use((request) => {
    throw new AppError(
      'not_found',
      `there is no ${request.method} ${request.path.slice(0, 200)}; /openapi.json lists what there is`,
    );
  });
  app.use(problemHandler(deps.log));
  return app;
}
