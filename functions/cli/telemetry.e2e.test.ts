import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createClient } from '../../shared/client/client.ts';
import { readConfig } from '../../shared/core/config.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { spanIdOf, traceIdOf } from '../../shared/core/trace-ids.ts';
import { startPlatform } from './compose.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
}
interface Received {
  readonly resourceSpans?: { scopeSpans: { spans: Span[] }[] }[];
  readonly resourceMetrics?: { scopeMetrics: { metrics: { name: string }[] }[] }[];
}

let servers: Server[] = [];
let dataDir = '';
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rodex-telemetry-'));
});
afterEach(async () => {
  for (const server of servers) server.close().closeAllConnections();
  servers = [];
  await rm(dataDir, { recursive: true, force: true });
});

async function serve(answer: (body: string) => string, type: string): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      response.setHeader('content-type', type).end(answer(Buffer.concat(chunks).toString())),
    );
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** One run of the whole platform beside a collector that keeps what it is sent. */
async function watchedRun(environment: Record<string, string>) {
  const bodies: string[] = [];
  const collector = await serve((body) => (bodies.push(body), '{}'), 'application/json');
  const site = await serve(
    () => '<!doctype html><title>Shop</title><h1>Orders</h1><a href="/two">Invoices of Ada</a>',
    'text/html',
  );
  const here = await startPlatform(
    readConfig({
      RODEX_DATA_DIR: dataDir,
      RODEX_TELEMETRY: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector,
      ...environment,
    }),
    { log: silentLogger, warn: () => undefined },
  );
  const client = createClient(here);
  const goal = 'Click "Invoices of Ada". Return "done".';
  const { runId } = await client.createRun({ goal, url: site });
  for await (const _event of client.events(runId));
  expect(await client.run(runId)).toMatchObject({ status: 'succeeded' });
  await here.close();
  const received = bodies.map((body) => JSON.parse(body) as Received);
  const spans = received.flatMap(({ resourceSpans = [] }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  );
  const metrics = received.flatMap(({ resourceMetrics = [] }) =>
    resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics)),
  );
  return { runId, spans, metrics: metrics.map(({ name }) => name), sent: bodies.join('\n') };
}

describe('telemetry over OTLP', () => {
  it('is one whole trace of a run: request, ownership, turns, model streams, steps, waits in the browser', async () => {
    const { runId, spans, metrics, sent } = await watchedRun({});
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([traceIdOf(runId)]));
    const ids = new Set(spans.map(({ spanId }) => spanId));
    expect(ids.size).toBe(spans.length);
    const roots = spans.filter(({ parentSpanId = '' }) => parentSpanId === '');
    expect(roots).toMatchObject([{ name: 'run', spanId: spanIdOf(runId) }]);
    const orphans = spans.filter(
      ({ parentSpanId = '' }) => parentSpanId !== '' && !ids.has(parentSpanId),
    );
    expect(orphans).toEqual([]);
    const names = new Set(spans.map(({ name }) => name));
    for (const name of [
      'POST /v1/runs',
      'ownership',
      'turn 1',
      'chat gemini-2.5-flash',
      'step',
      'browser act',
    ])
      expect(names).toContain(name);
    for (const name of ['rodex.runs.accepted', 'rodex.runs.ended', 'rodex.step.duration'])
      expect(metrics).toContain(name);
    expect(metrics).toContain('rodex.model.tokens');
    // Neither the goal nor what stood on the page.
    expect(sent).not.toMatch(/Invoices|Ada/);
  });

  it('is not there for runs that are not sampled, while metrics count them', async () => {
    const { spans, metrics } = await watchedRun({ RODEX_TRACE_SAMPLING: '0' });
    expect(spans).toEqual([]);
    expect(metrics).toContain('rodex.runs.ended');
  });

  it('is silent where it is off', async () => {
    expect((await watchedRun({ RODEX_TELEMETRY: 'off' })).sent).toBe('');
  });
});
