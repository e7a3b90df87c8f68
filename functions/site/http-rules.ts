import type { ErrorRequestHandler, RequestHandler } from 'express';
import { setTimeout as sleep } from 'node:timers/promises';

/** Scripts, styles and forms only from the site itself; frames from the origins named. */
export function securityHeaders(
  policy: () => { frames?: string; ancestors?: string },
): RequestHandler {
  return (_request, response, next) => {
    const { frames = "'none'", ancestors = "'self'" } = policy();
    response.set({
      'Content-Security-Policy':
        `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; ` +
        `form-action 'self'; base-uri 'none'; frame-src ${frames}; frame-ancestors ${ancestors}`,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'same-origin',
      'Cache-Control': 'no-store',
    });
    next();
  };
}

/** A form of another origin must not act with this site's cookie: SameSite does not look at ports. */
export const sameOriginPosts: RequestHandler = (request, response, next) => {
  const origin = request.get('Origin');
  const safe = request.method === 'GET' || request.method === 'HEAD';
  if (safe || origin === undefined || hostOf(origin) === request.get('Host')) {
    next();
    return;
  }
  response.status(403).type('text/plain').send('Forbidden');
};

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** Pretends to be far away. Health and ledger answer at once. */
export function latency(ms: number): RequestHandler {
  return async (request, _response, next) => {
    if (ms > 0 && !request.path.startsWith('/__')) await sleep(ms);
    next();
  };
}

export const notFound: RequestHandler = (_request, response) => {
  response.status(404).type('text/plain').send('Not found');
};

/** Visitors learn the status, never the stack. */
export const failures: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const claimed = (error as { status?: unknown } | null)?.status;
  const status = typeof claimed === 'number' && claimed >= 400 && claimed < 500 ? claimed : 500;
  response
    .status(status)
    .type('text/plain')
    .send(status === 500 ? 'Something went wrong' : `Request refused (${status})`);
};

export function cookie(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}

/** One text value of a parsed form or query; repeated and nested ones count as absent. */
export function text(source: unknown, name: string, max = 500): string {
  const value = (source as Record<string, unknown> | null | undefined)?.[name];
  return typeof value === 'string' ? value.slice(0, max).trim() : '';
}

/** Where to go after sign-in: a path of this site only. */
export function localPath(path: string): string {
  return /^\/(?![/\\])[^\\\s]*$/.test(path) ? path : '/';
}
