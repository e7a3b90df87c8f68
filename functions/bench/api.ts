import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import type { Response as HttpResponse } from 'express';

import { createClient } from '../../shared/client/client.ts';
import { readServerSentEvents } from '../../shared/client/server-sent-events.ts';
import { webhookRule } from '../../shared/policy/webhook-target.ts';
import { STATE_PREFIX } from '../../shared/contracts/paths.ts';
import { readConfig } from '../../shared/core/config.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { createFrontServer, drainServer, listen } from '../../shared/hosting/front-server.ts';
import { RunJournal } from '../../shared/journal/run-journal.ts';
import { openPlatform } from '../../shared/platform/open-platform.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import type { StateStore } from '../../shared/state/state-store.ts';
import { createApi } from '../api/api.ts';
import { LiveFeed } from '../api/live-feed.ts';
import { openEmbeddedIdentity } from '../api/open-identity.ts';
import { atMost, percentile, type BenchOptions, type BenchResult } from './bench-result.ts';

const POSTS = 400;
const STREAMS = 1_000;
const EVENTS = 20;
/** From one event to the next, in both: what is sent faster than readers of this process can read measures their queue. */
const PACE_MS = 1_000;
/** Streams that are cut in the middle, and resume. */
const CUT = 200;
const AT_ONCE = 50;
const HOST = '127.0.0.1';
const REQUEST = { goal: 'bench', url: 'https://portal.example/' };

type Row = Record<string, string | number>;

function row(what: string, times: readonly number[], more: Row = {}): Row {
  const ms = (share: number): number => Math.round(percentile(times, share) * 10) / 10;
  return { what, 'p50 ms': ms(0.5), 'p95 ms': ms(0.95), 'p99 ms': ms(0.99), ...more };
}

/** A store each of whose writes and questions takes longer. */
function slowed(store: StateStore, ms: number): StateStore {
  const wait = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  return new Proxy(store, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      const bound = value.bind(target) as (...rest: unknown[]) => unknown;
      if (key !== 'commit' && key !== 'query') return bound;
      return async (...rest: unknown[]) => {
        await wait();
        return bound(...rest);
      };
    },
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function posts(url: string, path: string, key: string): Promise<number[]> {
  const times: number[] = [];
  const body = JSON.stringify(REQUEST);
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const one = async (): Promise<void> => {
    const response = await fetch(`${url}${path}`, { method: 'POST', body, headers });
    await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  };
  for (let count = 0; count < 20; count += 1) await one();
  for (let count = 0; count < POSTS; count += 1) times.push(await timed(one));
  return times;
}

interface Reader {
  readonly seen: number[];
  lastId: string | undefined;
  cut: AbortController;
}

interface FanOut {
  readonly times: number[];
  readonly lost: number;
  readonly repeated: number;
  readonly megabytes: number;
  /** CPU of this process for one event at one reader, writing and reading it. */
  readonly cpuUs: number;
}

interface Source {
  readonly url: string;
  readonly headers: Record<string, string>;
  /** Sends event `n`; each reader must see it once. */
  send(n: number): Promise<void>;
  readonly resumes: boolean;
}

async function fanOut(source: Source, handicapped: boolean): Promise<FanOut> {
  const sentAt = new Map<number, number>();
  const times: number[] = [];
  const before = process.memoryUsage.rss();
  const readers: Reader[] = Array.from({ length: STREAMS }, () => ({
    seen: [],
    lastId: undefined,
    cut: new AbortController(),
  }));
  const done: Promise<void>[] = [];
  const follow = async (reader: Reader): Promise<void> => {
    while (!reader.seen.includes(EVENTS)) {
      reader.cut = new AbortController();
      const id = reader.lastId;
      const headers = { ...source.headers, ...(id !== undefined && { 'last-event-id': id }) };
      try {
        const response = await fetch(source.url, { headers, signal: reader.cut.signal });
        opened();
        for await (const event of readServerSentEvents(response)) {
          const n = Number(event.id?.replace('log-', ''));
          if (!Number.isInteger(n) || n < 1) continue;
          reader.lastId = event.id;
          reader.seen.push(n);
          times.push(performance.now() - (sentAt.get(n) ?? 0));
          if (n >= EVENTS) return;
        }
      } catch (error) {
        if (!reader.cut.signal.aborted) throw error;
        // The control: whoever forgets where they were misses or repeats what was sent.
        if (handicapped) reader.lastId = undefined;
      }
    }
  };
  let open = 0;
  let opened: () => void = () => undefined;
  for (let from = 0; from < STREAMS; from += AT_ONCE) {
    const batch = readers.slice(from, from + AT_ONCE);
    const ready = new Promise<void>((resolve) => {
      opened = () => {
        open += 1;
        if (open >= from + batch.length) resolve();
      };
    });
    done.push(...batch.map(follow));
    await ready;
  }
  const cpuBefore = process.cpuUsage();
  for (let n = 1; n <= EVENTS; n += 1) {
    sentAt.set(n, performance.now());
    await source.send(n);
    await delay(PACE_MS);
    if (source.resumes && n === EVENTS / 2)
      for (const reader of readers.slice(0, CUT)) reader.cut.abort();
  }
  await Promise.all(done);
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuUs = Math.round((user + system) / times.length);
  const megabytes = Math.round((process.memoryUsage.rss() - before) / 1e6);
  const lost = readers.reduce((sum, { seen }) => sum + EVENTS - new Set(seen).size, 0);
  const repeated = readers.reduce((sum, { seen }) => sum + seen.length - new Set(seen).size, 0);
  return { times, lost, repeated, megabytes, cpuUs };
}

/** The same bytes written to the same number of responses by a handler that keeps nothing. */
function bareSource(url: string, responses: Set<HttpResponse>, bytes: number): Source {
  return {
    url: `${url}/`,
    headers: {},
    resumes: false,
    send: async (n) => {
      const text = `id: log-${n}\nevent: entry\ndata: ${'x'.repeat(bytes)}\n\n`;
      for (const response of responses) response.write(text);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

async function runSource(
  platform: Platform,
  store: StateStore,
  { url, key, tenantId }: { url: string; key: string; tenantId: string },
): Promise<Source> {
  const client = createClient({ url, key });
  const { runId } = await client.createRun(REQUEST);
  const deps = { ...platform, store, log: silentLogger };
  const journal = await RunJournal.open(deps, 'bench', tenantId, runId);
  return {
    url: `${url}/v1/runs/${runId}/events`,
    headers: { authorization: `Bearer ${key}` },
    resumes: true,
    send: async (n) => {
      const leaseEpoch = n;
      await journal.append(() => [
        { type: 'lease.taken', leaseEpoch, holder: 'x'.repeat(200), takeover: n > 1 },
      ]);
    },
  };
}

/** What the front door costs beside a handler of functions-framework that does nothing durable. */
export async function benchApi({ handicapMs, note }: BenchOptions): Promise<BenchResult> {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'rodex-bench-api-'));
  stack.defer(async () => rm(dataDir, { recursive: true, force: true }));
  const config = { ...readConfig(), platform: 'embedded' as const, dataDir };
  const platform = await openPlatform(config, { component: 'api' });
  stack.defer(async () => platform.close());
  const store = handicapMs === 0 ? platform.store : slowed(platform.store, handicapMs);
  const identity = await openEmbeddedIdentity(config, platform);
  const limits = { perPrincipal: 1e9, perTenant: 1e9 };
  http(
    'bench-api',
    createApi({
      ...platform,
      ...identity,
      store,
      limits,
      webhookRule: webhookRule([], true),
      feed: new LiveFeed(),
      log: silentLogger,
      version: 'bench',
      hostNames: [HOST],
      privatePrefix: STATE_PREFIX,
    }),
  );
  const responses = new Set<HttpResponse>();
  http('bench-bare', (request, response) => {
    if (request.method === 'POST') return void response.status(202).json({ runId: 'run' });
    response.status(200).set('content-type', 'text/event-stream').flushHeaders();
    responses.add(response);
    response.once('close', () => responses.delete(response));
  });
  const serve = async (server: Server): Promise<string> => {
    const front = createFrontServer(server);
    const port = await listen(front, HOST, 0);
    stack.defer(async () => drainServer(front, 0));
    return `http://${HOST}:${port}`;
  };
  const url = await serve(getTestServer('bench-api'));
  const bare = await serve(getTestServer('bench-bare'));
  const { key } = identity;

  note(`${POSTS} POSTs each`);
  const barePosts = await posts(bare, '/', key);
  const ourPosts = await posts(url, '/v1/runs', key);
  note(`${STREAMS} streams, ${EVENTS} events each, ${CUT} of them cut and resumed`);
  const bareFan = await fanOut(bareSource(bare, responses, 700), false);
  for (const response of responses) response.end();
  const ourFan = await fanOut(
    await runSource(platform, store, { url, key, tenantId: config.tenantId }),
    handicapMs > 0,
  );
  const ratio = (ours: readonly number[], theirs: readonly number[]): number =>
    percentile(ours, 0.95) / percentile(theirs, 0.95);
  const delivered = (fan: FanOut): Row => ({
    lost: fan.lost,
    repeated: fan.repeated,
    'MB more': fan.megabytes,
    'CPU us each': fan.cpuUs,
  });
  return {
    bench: 'api',
    versions: { node: process.version },
    rows: [
      row('POST, bare functions-framework', barePosts),
      row('POST /v1/runs, durable', ourPosts),
      row(`SSE to ${STREAMS}, bare`, bareFan.times, delivered(bareFan)),
      row(`SSE to ${STREAMS}, from the log`, ourFan.times, delivered(ourFan)),
    ],
    targets: [
      atMost('api.lost-or-repeated-events', 0, ourFan.lost + ourFan.repeated),
      atMost('api.post-p95-over-bare', 6, ratio(ourPosts, barePosts)),
      // On a busy machine the ratio shrinks, whatever we do: what a durable run costs is told apart from that.
      atMost('api.post-p50-ms-more', 25, percentile(ourPosts, 0.5) - percentile(barePosts, 0.5)),
      atMost('api.fan-out-p95-over-bare', 4, ratio(ourFan.times, bareFan.times)),
    ],
  };
}
