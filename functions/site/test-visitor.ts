import type { LedgerEntry } from './ledger.ts';
import { createTheme } from './portal/theme.ts';
import type { Site } from './site.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

/** A browser without rendering, for tests: keeps cookies and never follows redirects. */
export interface Visitor {
  get(path: string): Promise<Answer>;
  /** Field names are the plain ones; the variant's names are filled in. */
  post(path: string, fields: Readonly<Record<string, string>>): Promise<Answer>;
  signIn(password?: string): Promise<Answer>;
  ledger(): Promise<readonly LedgerEntry[]>;
}

export function createVisitor(site: Site, jar = new Map<string, string>()): Visitor {
  const theme = createTheme(site.variant);
  const send = async (path: string, init: RequestInit): Promise<Answer> => {
    const headers = new Headers(init.headers);
    headers.set('Cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(site.origin + path, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=');
      jar.set(name, value);
    }
    return { status: response.status, body: await response.text(), headers: response.headers };
  };
  const post: Visitor['post'] = (path, fields) => {
    const named = Object.entries(fields).map(([name, value]) => [theme.field(name), value]);
    return send(path, { method: 'POST', body: new URLSearchParams(named) });
  };
  return {
    get: (path) => send(path, {}),
    post,
    signIn: (password = site.credentials.password) =>
      post('/sign-in', { username: site.credentials.username, password }),
    async ledger() {
      return JSON.parse((await send('/__ledger', {})).body) as LedgerEntry[];
    },
  };
}
