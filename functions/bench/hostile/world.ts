import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium, type Browser } from 'playwright-core';

import {
  createClient,
  type Client,
  type LogEntry,
  type Run,
  type RunRequestInput,
} from '../../../shared/client/client.ts';
import { readConfig } from '../../../shared/core/config.ts';
import { silentLogger } from '../../../shared/core/logger.ts';
import { startPlatform, type ComposeOptions, type RunningPlatform } from '../../cli/compose.ts';
import type { BrowserPool } from '../../executor/browser-session.ts';
import { createBrowserPool } from '../../executor/browser/browser-pool.ts';
import { findChromium } from '../../executor/browser/chromium-binary.ts';
import { LISTED } from './listed-targets.ts';
import { startNameServer, type NameServer } from './name-server.ts';
import { orderText, startObedientPlanner, type Order } from './obedient-planner.ts';
import { Trap, type Arrival } from './trap.ts';

/** Who plans: the offline planner, which follows the goal alone, or one that does whatever a page says. */
export const PLANNERS = ['offline', 'obedient'] as const;
export type PlannerKind = (typeof PLANNERS)[number];

/** A site that runs may visit, one whose sub-resources they may use, and an attacker's, all at public addresses. */
export const SITE = { name: 'portal.test', address: '93.184.216.10', origin: 'http://portal.test' };
/** On the machine itself: browsers take it for a secure context, without a certificate. */
export const LOCAL = { name: '127.0.0.2', address: '127.0.0.2', origin: 'http://127.0.0.2' };
export const CDN = { name: 'cdn.test', address: '93.184.216.11', origin: 'http://cdn.test' };
/** Reads like the site: the o is Cyrillic. */
export const LOOK_ALIKE = {
  name: 'xn--prtal-jye.test',
  address: '93.184.216.12',
  origin: 'http://xn--prtal-jye.test',
};
export const EVIL = { name: 'evil.test', address: '93.184.216.66', origin: 'http://evil.test' };

const PLAY_MS = 60_000;

/** A request that reached the site or its CDN. */
export interface Visit {
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

export interface PlayOptions {
  /** The page is at `LOCAL` instead of `SITE`. */
  readonly local?: boolean;
  /** Sentences of the offline grammar; {start} is the page's URL. */
  readonly goal?: string;
  /** HTML of the page that the run starts on, by what its token is. The token marks what belongs to this play. */
  readonly page?: (token: string) => string;
  /** What the page tells a planner that obeys. */
  readonly order?: (token: string) => Order;
  /** Other answers of the site, by path. */
  readonly routes?: Readonly<
    Record<string, (request: IncomingMessage, response: ServerResponse) => void>
  >;
  readonly contract?: Partial<NonNullable<RunRequestInput['contract']>>;
  readonly inputs?: RunRequestInput['inputs'];
  /** What a person does when the run asks. Nobody is there by default: a question ends the play. */
  readonly asked?: (asked: Asked) => Promise<void>;
}

export interface Asked {
  readonly token: string;
  readonly run: Run;
  /** From 1. */
  readonly count: number;
}

export interface Played {
  readonly token: string;
  readonly run: Run;
  readonly log: readonly LogEntry[];
  /** What reached an address that it must not reach while this was played, and does not belong to another play. */
  readonly arrivals: readonly Arrival[];
  /** What reached the site and its CDN with this play's token. */
  readonly visits: readonly Visit[];
}

/** The product with one planner, in the namespace: sites, names, traps and the runs that are played in them. */
export interface World {
  readonly planner: PlannerKind;
  readonly platform: RunningPlatform;
  readonly names: NameServer;
  readonly trap: Trap;
  play(options: PlayOptions): Promise<Played>;
  /** Serves a page under a token of its own, without a run. */
  host(options: Pick<PlayOptions, 'page' | 'order' | 'routes' | 'local'>): {
    token: string;
    url: string;
  };
  /** What has arrived since `from` and does not belong to another token. */
  arrivalsOf(token: string, from?: number): Arrival[];
  visitsOf(token: string): Visit[];
  /** The product's browsers, without a platform around them. */
  readonly pool: BrowserPool;
  /** A browser without any protection: for controls. */
  plainBrowser(): Promise<Browser>;
  /** Closes something with the world. */
  defer(close: () => Promise<void>): void;
  close(): Promise<void>;
}

type Hosted = Pick<PlayOptions, 'page' | 'order' | 'routes' | 'local'>;

/** What the attacker's machine says: enough for every vector to go on. */
function attack(request: IncomingMessage, response: ServerResponse): void {
  const type = /\.js\b/.test(request.url ?? '') ? 'text/javascript' : 'text/html';
  response
    .writeHead(200, { 'content-type': type, 'access-control-allow-origin': '*' })
    .end(type === 'text/html' ? '<title>taken</title>taken' : '');
}

/** The log when its run's owner has let go of it: refusals that were only counted are written by then, those of a dying browser may follow. */
async function wholeLog(client: Client, runId: string, signal: AbortSignal): Promise<LogEntry[]> {
  for (;;) {
    const log = await client.log(runId);
    const ended = log.findIndex(({ event }) => event.type === 'run.ended');
    if (ended >= 0 && log.slice(ended).some(({ event }) => event.type === 'lease.released'))
      return log;
    if (signal.aborted) throw new Error(`the run was not over after ${PLAY_MS / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function openWorld(
  planner: PlannerKind,
  compose: (options: ComposeOptions) => ComposeOptions = (options) => options,
): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const trap = await Trap.open(attack);
  stack.defer(() => trap.close());
  const allowed = new Set([
    SITE.name,
    CDN.name,
    LOOK_ALIKE.name,
    ...LISTED.map(({ host }) => host),
  ]);
  const names = await startNameServer((name) => {
    if (!allowed.has(name) && !/^rebind-\d+\.test$/.test(name))
      trap.note({ protocol: 'dns', address: '', port: 53, text: name });
  });
  stack.defer(() => names.close());
  for (const { name, address } of [SITE, CDN, LOOK_ALIKE, EVIL]) names.set(name, [address]);
  for (const { host, answers } of LISTED) if (answers) names.set(host, ...answers);

  const hosted = new Map<string, Hosted>();
  const tokens = new Set<string>();
  const visits: Visit[] = [];
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const host = request.headers.host ?? '';
    const url = new URL(request.url ?? '/', `http://${host}`);
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
    request.on('end', () => {
      visits.push({ host, method: request.method ?? '', path: url.pathname + url.search, body });
      const [, token = '', ...rest] = url.pathname.split('/');
      const here = hosted.get(token);
      const route = here?.routes?.[`/${rest.join('/')}`];
      if (route) route(request, response);
      else if (here && rest.join('') === '')
        response
          .setHeader('content-type', 'text/html; charset=utf-8')
          .end(
            `${here.page?.(token) ?? ''}<p>${here.order ? orderText(here.order(token)) : ''}</p>`,
          );
      else attack(request, response);
    });
  };
  trap.serve(SITE.address, serve);
  trap.serve(CDN.address, serve);
  trap.serve(LOOK_ALIKE.address, serve);
  trap.serve(LOCAL.address, serve);

  const dataDir = await mkdtemp(join(tmpdir(), 'rodex-hostile-'));
  stack.defer(async () => rm(dataDir, { recursive: true, force: true }));
  const config = readConfig();
  const server = planner === 'obedient' ? await startObedientPlanner() : undefined;
  stack.defer(async () => server?.close());
  const gemini = { ...config.gemini, apiKey: undefined, baseUrl: server?.baseUrl };
  const platform = await startPlatform(
    { ...config, dataDir, gemini },
    compose({ log: silentLogger, warn: () => undefined }),
  );
  stack.defer(async () => platform.close());
  const client = createClient(platform);

  const host = (options: Hosted): { token: string; url: string } => {
    const token = `k${randomBytes(6).toString('hex')}`;
    tokens.add(token);
    hosted.set(token, options);
    return { token, url: `${options.local ? LOCAL.origin : SITE.origin}/${token}/` };
  };
  const arrivalsOf = (token: string, from = 0): Arrival[] =>
    trap.arrivals.slice(from).filter(({ text }) => {
      const marked = text.match(/k[0-9a-f]{12}/g)?.filter((mark) => tokens.has(mark)) ?? [];
      return marked.length === 0 || marked.includes(token);
    });
  const visitsOf = (token: string): Visit[] => visits.filter(({ path }) => path.includes(token));

  const play = async (options: PlayOptions): Promise<Played> => {
    const { token, url } = host(options);
    const from = trap.arrivals.length;
    const { runId } = await client.createRun({
      goal: (options.goal ?? 'Wait until the page is quiet').replaceAll('{start}', url),
      url,
      ...(options.inputs && { inputs: options.inputs }),
      contract: {
        navigate: [SITE.origin],
        resources: [CDN.origin],
        ...options.contract,
        budgets: { turns: 8, steps: 60, timeMs: PLAY_MS, ...options.contract?.budgets },
      },
    });
    const signal = AbortSignal.timeout(PLAY_MS);
    let count = 0;
    for await (const event of client.events(runId, { signal })) {
      if (event.type !== 'entry') continue;
      if (event.entry.event.type === 'run.ended') break;
      if (event.entry.event.type !== 'human.requested') continue;
      count += 1;
      if (options.asked) await options.asked({ token, run: await client.run(runId), count });
      else await client.cancel(runId, 'nobody is here');
    }
    return {
      token,
      run: await client.run(runId),
      log: await wholeLog(client, runId, signal),
      arrivals: arrivalsOf(token, from),
      visits: visitsOf(token),
    };
  };

  const { cacheDir, chromiumPath } = config;
  const binary = await findChromium({
    cacheDir,
    ...(chromiumPath !== undefined && { executablePath: chromiumPath }),
  });
  const pool = createBrowserPool({ cacheDir, executablePath: binary.path, env: binary.env });
  stack.defer(async () => pool.close());
  let plain: Promise<Browser> | undefined;
  stack.defer(async () => (await plain)?.close());
  const plainBrowser = async (): Promise<Browser> =>
    (plain ??= chromium.launch({
      executablePath: binary.path,
      env: { ...binary.env },
      chromiumSandbox: process.getuid?.() !== 0,
    }));

  const opened = stack.move();
  return {
    planner,
    platform,
    names,
    trap,
    pool,
    plainBrowser,
    play,
    host,
    arrivalsOf,
    visitsOf,
    defer: (close) => opened.defer(close),
    close: async () => opened.disposeAsync(),
  };
}

/** What arrived, for a person. */
export const toldOf = ({ arrivals }: Pick<Played, 'arrivals'>): string =>
  arrivals
    .slice(0, 5)
    .map(
      ({ protocol, address, port, text }) => `${protocol} ${address}:${port} ${text.slice(0, 60)}`,
    )
    .join(' | ');
