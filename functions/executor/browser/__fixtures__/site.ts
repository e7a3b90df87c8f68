import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import type { z } from 'zod';

import { Action } from '../../../../shared/contracts/action.ts';
import type { EgressRefusal } from '../../../../shared/contracts/egress.ts';
import type { TargetFacts } from '../../../../shared/contracts/effect.ts';
import type { Artifact, OutcomeInput } from '../../../../shared/contracts/outcome.ts';
import { digestOf } from '../../../../shared/core/digest.ts';
import { AppError } from '../../../../shared/core/errors.ts';
import type { EgressTarget } from '../../../../shared/policy/egress.ts';
import { MAX_ARTIFACT_BYTES, type ActOptions, type BrowserPool, type BrowserSession, type BrowserState, type SessionHost } from '../../browser-session.ts';
import { createBrowserPool } from '../browser-pool.ts';
import type { ContextSession } from '../session.ts';
import { GATE_FRAME, gatePage } from './gate-pages.ts';
import { filesPage, hugePage, PAGES } from './pages.ts';

export interface Site {
  readonly port: number;
  /** The site as `http://127.0.0.1:port`. */
  readonly base: string;
  /** The same site under another origin. */
  readonly other: string;
  readonly seen: string[];
  close(): Promise<void>;
}

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(1024 * 1024, ' ');
}

async function answer(request: IncomingMessage, response: ServerResponse, site: { port: number; seen: string[] }): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = request.url ?? '/';
  site.seen.push(`${request.method ?? ''} ${request.headers.host?.split(':')[0] ?? ''}${url}${chunks.length > 0 ? ` ${Buffer.concat(chunks).toString()}` : ''}`);
  const [path = '/', query = ''] = url.split('?');
  const html = (text: string): void => void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html><meta charset=utf-8>${text}`);
  if (path === '/redirect') return void response.writeHead(302, { location: decodeURIComponent(query) }).end();
  if (path === '/wait') return void setTimeout(() => response.end('slow answer'), Number(query));
  if (path === '/file.csv') {
    response.writeHead(200, { 'content-type': 'text/csv', 'content-disposition': 'attachment; filename="file.csv"', ...(query === 'cut' && { 'content-length': 8 }) });
    if (query === 'cut') return void response.write('a,b\n', () => setImmediate(() => response.destroy()));
    if (query === 'endless') return pipeline(endless(), response).catch(() => undefined);
    return void response.end(query === 'big' ? Buffer.alloc(60 * 1024 * 1024) : 'a,b\n1,2\n');
  }
  if (path === '/gives-files') return html(filesPage(site.port));
  if (path === '/huge') return html(hugePage());
  if (path === '/frames')
    return html(`<title>Frames</title><h1>Outer</h1><iframe id=same title=same src="/inner" width=500 height=160></iframe><div style="height:40px"></div><iframe id=cross title=cross src="http://localhost:${site.port}/inner" width=500 height=160 style="border:7px solid;padding:5px"></iframe>`);
  if (path === '/submit' || path === '/other') return html(`<title>Submitted</title><h1>Thank you</h1>`);
  if (path === '/evil') return html(`<title>Evil</title><a id=l href="http://localhost:${site.port}/two">Leave</a> <a href="http://localhost:${site.port}/two" target=_blank>Leave in a window</a> <button onclick="window.open('http://localhost:${site.port}/two')">Script leaves</button> <img src="http://localhost:${site.port}/pixel.png">`);
  if (path === '/gate') return html(gatePage(site.port));
  if (path === '/gate-frame') return html(GATE_FRAME);
  if (path === '/worker.js') return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(`onmessage = () => fetch('/by-worker', { method: 'POST', body: 'w' });`);
  if (path === '/moved') return void response.writeHead(307, { location: `http://localhost:${site.port}/after` }).end();
  if (path === '/auth') {
    if (request.headers.authorization === `Basic ${btoa('ada:right')}`) return html(`<title>In</title><p>Welcome ada`);
    response.setHeader('www-authenticate', 'Basic realm="x"');
    response.writeHead(401, { 'content-type': 'text/html' }).end(`<title>Auth</title><p>Who are you`);
    return;
  }
  const page = PAGES[path];
  if (page !== undefined) return html(page);
  response.writeHead(404, { 'content-type': 'text/html' }).end(`<title>Missing</title><p>No ${path}`);
}

export async function startSite(): Promise<Site> {
  const state = { port: 0, seen: [] as string[] };
  const server = createServer((request, response) => void answer(request, response, state).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, resolve));
  state.port = (server.address() as AddressInfo).port;
  return {
    port: state.port, base: `http://127.0.0.1:${state.port}`, other: `http://localhost:${state.port}`, seen: state.seen,
    close: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}

export const SECRET = 'S3cr[et] value';

export class TestHost implements SessionHost {
  readonly maskedValues = new Set<string>();
  readonly files = new Map<string, Buffer>();
  readonly asked: unknown[] = [];
  allowed: ((url: string) => boolean) | undefined;

  assertMayShow(url: string): void {
    if (this.allowed && !this.allowed(url)) throw new AppError('origin_refused', `the task contract does not allow ${new URL(url).host}; add it to navigate`);
  }

  mayFetch(url: string): boolean {
    return this.allowed ? this.allowed(url) : true;
  }

  isLive = true;
  readonly refusals: EgressRefusal[] = [];

  refusal({ scheme, host, port }: EgressTarget): EgressRefusal | undefined {
    const schemes = scheme === 'http' ? ['http'] : ['https', 'http'];
    if (schemes.some((name) => this.mayFetch(new URL(`${name}://${host}:${port}`).href))) return undefined;
    return { host, port, reason: 'origin', detail: 'not listed' };
  }

  opensPrivate(): boolean {
    return true;
  }

  refused(refusal: EgressRefusal): void {
    this.refusals.push(refusal);
  }

  resolveText(text: string, into?: { frameOrigin: string; ancestorOrigins: readonly string[]; credentialField: boolean }): Promise<{ text: string; secret: boolean }> {
    if (!text.includes('{{secret.')) return Promise.resolve({ text: text.replaceAll('{{run.id}}', 'run_1'), secret: false });
    this.asked.push(into);
    if (!into?.credentialField) return Promise.reject(new AppError('secret_refused', 'not a credential field'));
    this.maskedValues.add(SECRET);
    return Promise.resolve({ text: text.replace(/\{\{secret\.\w+\}\}/g, SECRET), secret: true });
  }

  credentials: { username: string; password: string } | undefined;

  httpCredentials(): Promise<{ username: string; password: string } | undefined> {
    return Promise.resolve(this.credentials);
  }

  readArtifact(name: string): Promise<{ mediaType: string; content: Uint8Array }> {
    const content = this.files.get(name);
    if (!content) return Promise.reject(new AppError('not_found', name));
    return Promise.resolve({ mediaType: name.endsWith('.csv') ? 'text/csv' : 'application/pdf', content });
  }

  async saveArtifact(name: string, mediaType: string, source: Artifact['source'], content: Uint8Array | AsyncIterable<Uint8Array>, url?: string): Promise<Artifact> {
    const chunks: Uint8Array[] = [];
    if (content instanceof Uint8Array) chunks.push(content);
    else for await (const chunk of content) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    if (bytes.length > MAX_ARTIFACT_BYTES) throw new AppError('artifact_too_large', `the file is over ${MAX_ARTIFACT_BYTES} bytes`);
    this.files.set(name, bytes);
    return { name, mediaType, bytes: bytes.length, digest: digestOf(bytes), source, ...(url !== undefined && { url }) };
  }
}

/** A session with short ways to say what a test does. */
export class Driver {
  readonly host: TestHost;
  readonly session: BrowserSession;
  text = '';

  constructor(session: BrowserSession, host: TestHost) {
    this.session = session;
    this.host = host;
  }

  async look(kind: 'full' | 'diff' = 'full', budgetChars?: number): Promise<string> {
    const seen = await this.session.observe({ kind, ...(budgetChars !== undefined && { budgetChars }) });
    this.text = seen.text;
    return seen.text;
  }

  /** The ref of the unit that begins with these words, such as `button Send`. */
  ref(words: string): string {
    const at = this.text.indexOf(` ${words}`);
    for (const found of this.text.matchAll(/(?<!\\)\[((?:f\d+)?e\d+) /g)) {
      const rest = this.text.slice(found.index + found[0].length);
      if (rest.startsWith(words)) return found[1] ?? '';
    }
    throw new Error(`no unit "${words}" (${at}) in:\n${this.text}`);
  }

  act(action: z.input<typeof Action>, options: ActOptions = {}): Promise<OutcomeInput> {
    return this.session.act(Action.parse(action), options);
  }

  inspect(action: z.input<typeof Action>): Promise<TargetFacts> {
    return this.session.inspect(Action.parse(action));
  }

  async go(url: string): Promise<string> {
    const outcome = await this.act({ action: 'navigate', url });
    if (outcome.status !== 'done') throw new Error(`navigate: ${JSON.stringify(outcome)}`);
    return this.look();
  }

  /** What the page itself recorded. */
  async log(): Promise<string[]> {
    const page = await this.peek<string>('JSON.stringify(window.log)');
    return JSON.parse(page) as string[];
  }

  /** Looks into the page past the hands. */
  peek<Result>(expression: string): Promise<Result> {
    return (this.session as ContextSession).currentPage.evaluate(expression);
  }
}

export const testPool = (): BrowserPool => createBrowserPool({ cacheDir: join(homedir(), '.cache', 'rodex') });

export async function openDriver(pool: BrowserPool, state?: BrowserState): Promise<Driver> {
  const host = new TestHost();
  return new Driver(await pool.open(host, state ? { state } : {}), host);
}
