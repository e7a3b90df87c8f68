import { createHash, timingSafeEqual } from 'node:crypto';
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import { cookie, localPath, text } from '../http-rules.ts';
import { sessionLifetimeMs } from '../sessions.ts';
import type { Portal } from './portal-context.ts';
import { signInPage } from './sign-in-pages.ts';
import { fill } from './theme.ts';

export function signInRoutes(portal: Portal): Router {
  const { ledger, sessions, guard, theme, now, cookieName } = portal;
  const { wording, field } = theme;
  const router = Router();

  router.get('/sign-in', (request, response) => {
    response.send(signInPage(portal, localPath(text(request.query, 'next'))));
  });

  router.post('/sign-in', (request, response) => {
    const next = localPath(text(request.body, 'next'));
    const username = text(request.body, field('username'), 100);
    const password = text(request.body, field('password'), 200);
    const lockedForMs = guard.lockedForMs(username, now());
    if (lockedForMs > 0) {
      ledger.append({ kind: 'sign-in-locked', data: { username } });
      sendLocked(response, next, username, lockedForMs);
      return;
    }
    if (
      !same(username, portal.data.credentials.username) ||
      !same(password, portal.data.credentials.password)
    ) {
      const entry = ledger.append({ kind: 'sign-in-failed', data: { username } });
      guard.failed(username, Date.parse(entry.at));
      const remainingMs = guard.lockedForMs(username, now());
      if (remainingMs > 0) sendLocked(response, next, username, remainingMs);
      else response.status(401).send(signInPage(portal, next, username, wording.signInFailed));
      return;
    }
    ledger.append({ kind: 'sign-in', data: { username } });
    guard.succeeded(username);
    const token = sessions.create(username);
    response.cookie(cookieName, token, {
      httpOnly: true,
      sameSite: 'lax',
      path: '/',
      maxAge: sessionLifetimeMs,
    });
    response.redirect(303, next);
  });

  router.post('/sign-out', (request, response) => {
    sessions.remove(cookie(request.get('Cookie'), cookieName));
    response.clearCookie(cookieName, { httpOnly: true, sameSite: 'lax', path: '/' });
    response.redirect(303, '/sign-in');
  });

  function sendLocked(
    response: Response,
    next: string,
    username: string,
    remainingMs: number,
  ): void {
    const seconds = Math.ceil(remainingMs / 1000);
    response
      .status(429)
      .set('Retry-After', String(seconds))
      .send(signInPage(portal, next, username, fill(wording.signInLocked, { seconds })));
  }

  return router;
}

export function requireSession({ sessions, cookieName }: Portal): RequestHandler {
  return (request, response, next) => {
    if (sessions.find(cookie(request.get('Cookie'), cookieName)) !== undefined) {
      next();
      return;
    }
    const back =
      request.method === 'GET' ? `?next=${encodeURIComponent(localPath(request.originalUrl))}` : '';
    response.redirect(303, `/sign-in${back}`);
  };
}

/** Takes the same time wherever two texts differ. */
function same(left: string, right: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(left), digest(right));
}
