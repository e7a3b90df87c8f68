import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

export interface Session {
  readonly username: string;
  readonly expiresAt: number;
}

export interface SessionStore {
  /** The token for the cookie. Only its digest is stored. */
  create(username: string): string;
  find(token: string | undefined): Session | undefined;
  remove(token: string | undefined): void;
}

export const sessionLifetimeMs = 8 * 60 * 60 * 1000;
const maxSessions = 1000;

/** Kept in a file so that a signed-in browser survives a restart of the site. */
export function openSessions(path: string, now: () => number): SessionStore {
  const sessions = new Map<string, Session>(read(path));

  const save = (): void => {
    const next = `${path}.next`;
    writeFileSync(next, JSON.stringify([...sessions]), { mode: 0o600, flush: true });
    renameSync(next, path);
  };
  const prune = (): void => {
    for (const [digest, session] of sessions) {
      if (session.expiresAt <= now() || sessions.size > maxSessions) sessions.delete(digest);
    }
  };

  return {
    create(username) {
      const token = randomBytes(32).toString('base64url');
      sessions.set(digestOf(token), { username, expiresAt: now() + sessionLifetimeMs });
      prune();
      save();
      return token;
    },
    find(token) {
      if (token === undefined) return undefined;
      const session = sessions.get(digestOf(token));
      return session !== undefined && session.expiresAt > now() ? session : undefined;
    },
    remove(token) {
      if (token !== undefined && sessions.delete(digestOf(token))) save();
    },
  };
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function read(path: string): [string, Session][] {
  if (!existsSync(path)) return [];
  return JSON.parse(readFileSync(path, 'utf8')) as [string, Session][];
}
