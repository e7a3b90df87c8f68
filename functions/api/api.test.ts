import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ArtifactStore } from '../../shared/artifacts/artifact-store.ts';
import type { MessageBus } from '../../shared/bus/message-bus.ts';
import { createClient, type Client } from '../../shared/client/client.ts';
import { givenSecretPath } from '../../shared/contracts/paths.ts';
import { systemClock } from '../../shared/core/clock.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { readGiven } from '../../shared/journal/given-secrets.ts';
import { RunJournal } from '../../shared/journal/run-journal.ts';
import type { StateStore } from '../../shared/state/state-store.ts';
import { ADMIN, startTestApi, type TestApi } from './__fixtures__/test-api.ts';

let api: TestApi;
let store: StateStore;
let bus: MessageBus;
let base = '';
let client: Client;

const artifacts: ArtifactStore = {
  put: async () => ({ name: '', bytes: 0, digest: '', mediaType: '' }),
  get: async (_tenant, _run, name) => ({
    metadata: { name, bytes: 1, digest: 'sha256:0', mediaType: 'text/html' },
    content: new TextEncoder().encode('<script>alert(1)</script>'),
  }),
  list: async () => [
    { name: 'browser-state-1.json', bytes: 1, digest: 'd', mediaType: 'application/json' },
    { name: 'page.html', bytes: 1, digest: 'd', mediaType: 'text/html' },
  ],
  link: async () => undefined,
  removeRun: async () => undefined,
};

beforeAll(async () => {
  api = await startTestApi({ artifacts });
  ({ store, bus, url: base } = api);
  client = createClient({ url: base, key: ADMIN });
});
afterAll(async () => api.close());

const request = { goal: 'open it', url: 'https://portal.example/start' };
const send = async (body: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${base}/v1/runs`, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json', ...headers },
  });
const problemOf = async (response: Response): Promise<Record<string, unknown>> => {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  return (await response.json()) as Record<string, unknown>;
};

describe('POST /v1/runs', () => {
  it('accepts a run durably and says where it is', async () => {
    const response = await send(JSON.stringify(request));
    expect(response.status).toBe(202);
    const run = (await response.json()) as { runId: string };
    expect(response.headers.get('location')).toBe(`/v1/runs/${run.runId}`);
    expect(run).toMatchObject({
      status: 'queued',
      contract: { navigate: ['https://portal.example'], level: 'standard' },
    });
    expect((await client.run(run.runId)).goal).toBe('open it');
  });

  it.each<[string, unknown, RegExp]>([
    ['goal', { ...request, goal: ' ' }, /say what is to be done/],
    ['goal', { url: request.url }, /string/],
    ['url', { goal: 'x' }, /give url/],
    ['url', { goal: 'x', url: 'ftp://a/' }, /http/],
    ['url', { goal: 'x', url: 'javascript:alert(1)' }, /http/],
    ['color', { ...request, color: 'red' }, /unknown field: color/],
    ['inputs.a', { ...request, inputs: { a: {} } }, /./],
    [
      'inputs.__proto__',
      JSON.parse(`{"goal":"x","url":"${request.url}","inputs":{"__proto__":"x","1 bad":"y"}}`),
      /./,
    ],
    ['contract.navigate.0', { goal: 'x', contract: { navigate: ['portal.example'] } }, /./],
    [
      'contract.budgets.steps',
      { goal: 'x', contract: { navigate: ['https://a.example'], budgets: { steps: 0 } } },
      /./,
    ],
  ])('names %s when it is wrong', async (field, body, message) => {
    const response = await send(JSON.stringify(body));
    expect(response.status).toBe(400);
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ code: 'invalid_request', status: 400 });
    if (field !== 'inputs.__proto__')
      expect(JSON.stringify(problem['errors'])).toContain(`"field":"${field}`);
    expect(problem['detail']).toMatch(message);
  });

  it('refuses a start URL outside the contract, naming the origin', async () => {
    const response = await send(
      JSON.stringify({ ...request, contract: { navigate: ['https://other.example'] } }),
    );
    expect(response.status).toBe(403);
    expect(await problemOf(response)).toMatchObject({
      code: 'origin_refused',
      detail: expect.stringContaining('https://portal.example'),
    });
  });

  it('refuses what is no JSON, too large, or not sent as JSON', async () => {
    expect(await problemOf(await send('{"goal":'))).toMatchObject({ code: 'invalid_request' });
    expect((await send(JSON.stringify({ ...request, goal: 'x'.repeat(2_000_000) }))).status).toBe(
      413,
    );
    expect(await problemOf(await send('goal=x', { 'content-type': 'text/plain' }))).toMatchObject({
      detail: expect.stringContaining('content-type'),
    });
  });

  it('starts one run per idempotency key, and refuses the key for another request', async () => {
    const first = await client.createRun(request, { idempotencyKey: 'monday' });
    const again = await send(JSON.stringify(request), { 'idempotency-key': 'monday' });
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ runId: first.runId });
    await expect(
      client.createRun({ ...request, goal: 'other' }, { idempotencyKey: 'monday' }),
    ).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('answers to its own names only, so that a rebound name of a web page gets nothing', async () => {
    const { request: httpRequest } = await import('node:http');
    const status = await new Promise<number | undefined>((resolve) => {
      httpRequest(`${base}/v1/runs`, { headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(status).toBe(403);
  });
});

describe('reading', () => {
  it('lists runs newest first, in pages', async () => {
    for (let count = 0; count < 3; count += 1) await client.createRun(request);
    const first = await client.runs({ limit: 2 });
    expect(first.runs).toHaveLength(2);
    const second = await client.runs({ limit: 2, after: first.next ?? '' });
    const seen = [...first.runs, ...second.runs].map((run) => run.runId);
    expect(new Set(seen).size).toBe(seen.length);
    expect((await client.runs({ status: 'succeeded' })).runs).toEqual([]);
    await expect(client.runs({ status: 'nonsense' })).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await expect(client.runs({ limit: 0 })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('says not_found for what is not there, with a cure', async () => {
    await expect(client.run('run_00000000000000000000')).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('rodex runs'),
    });
    await expect(client.run('../x')).rejects.toMatchObject({ code: 'not_found' });
    expect((await fetch(`${base}/v1/nothing`)).status).toBe(404);
  });

  it('describes itself', async () => {
    expect(await (await fetch(`${base}/healthz`)).json()).toEqual({
      status: 'ok',
      version: '1.2.3',
    });
    const described = (await (await fetch(`${base}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, unknown>;
    };
    expect(described.openapi).toBe('3.1.0');
    expect(Object.keys(described.paths)).toContain('/v1/runs/{runId}/events');
  });

  it('serves artifacts as attachments that cannot run, and never its own', async () => {
    const { runId } = await client.createRun(request);
    expect((await client.artifacts(runId)).map(({ name }) => name)).toEqual(['page.html']);
    const response = await fetch(`${base}/v1/runs/${runId}/artifacts/page.html`, {
      headers: { authorization: `Bearer ${ADMIN}` },
    });
    expect(response.headers.get('content-disposition')).toMatch(/^attachment/);
    expect(response.headers.get('content-security-policy')).toContain('sandbox');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    await expect(client.artifact(runId, 'browser-state-1.json')).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('GET /v1/runs/{id}/events', () => {
  it('sends each entry once and in order, resumes after Last-Event-ID, and ends with the run', async () => {
    const { runId } = await client.createRun(request);
    const seen: string[] = [];
    const watching = (async () => {
      for await (const event of client.events(runId))
        seen.push(event.type === 'entry' ? `log-${event.entry.seq}` : event.text);
    })();
    const journal = await RunJournal.open(
      { store, bus, vault: api.deps.vault, clock: systemClock, log: silentLogger },
      'test',
      'local',
      runId,
    );
    await journal.append(() => [
      { type: 'lease.taken', leaseEpoch: 1, holder: 'h', takeover: false },
    ]);
    await expect.poll(() => seen).toContain('log-1');
    api.feed.publish({ type: 'thought', runId, planEpoch: 1, text: 'hm' });
    await expect.poll(() => seen).toContain('hm');
    await journal.append(() => [{ type: 'run.ended', status: 'succeeded' }]);
    await watching;
    expect(seen).toEqual(['log-0', 'log-1', 'hm', 'log-2']);
    const rest: number[] = [];
    for await (const event of client.events(runId, { after: 'log-1' }))
      if (event.type === 'entry') rest.push(event.entry.seq);
    expect(rest).toEqual([2]);
    const late: number[] = [];
    for await (const event of client.events(runId, { after: 'log-2' }))
      if (event.type === 'entry') late.push(event.entry.seq);
    expect(late).toEqual([]);
  });

  it('refuses a forged id', async () => {
    const { runId } = await client.createRun(request);
    const response = await fetch(`${base}/v1/runs/${runId}/events`, {
      headers: { authorization: `Bearer ${ADMIN}`, 'last-event-id': '../../etc' },
    });
    expect(response.status).toBe(400);
  });
});

describe('cancel and answers', () => {
  it('records a cancel once; an ended run cannot be cancelled', async () => {
    const { runId } = await client.createRun(request);
    expect((await client.cancel(runId, 'enough')).cancelRequested).toBe(true);
    const { seq } = await client.cancel(runId);
    expect(seq).toBe(1);
    const journal = await RunJournal.open(
      { store, bus, vault: api.deps.vault, clock: systemClock, log: silentLogger },
      'test',
      'local',
      runId,
    );
    await journal.append(() => [{ type: 'run.ended', status: 'cancelled' }]);
    await expect(client.cancel(runId)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('keeps a secret that a person gives out of the log, sealed beside the run until it ends', async () => {
    const { runId } = await client.createRun(request);
    const deps = { store, bus, vault: api.deps.vault, clock: systemClock, log: silentLogger };
    const journal = await RunJournal.open(deps, 'test', 'local', runId);
    await journal.append(() => [
      { type: 'lease.taken', leaseEpoch: 1, holder: 'h', takeover: false },
      {
        type: 'human.requested',
        leaseEpoch: 1,
        request: {
          requestId: 'ask_1',
          kind: 'secret',
          question: 'Which code?',
          facts: { secret: 'sms-code', origin: 'https://portal.example' },
          askedAt: systemClock.iso(),
          expiresAt: new Date(Date.now() + 60_000).toISOString(),
        },
      },
    ]);
    await client.answer(runId, 'ask_1', '48213-given');
    const log = await client.log(runId);
    expect(log.at(-1)?.event).toMatchObject({ type: 'human.answered', answer: 'given' });
    const given = await readGiven(deps, { tenantId: 'local', runId }, 'sms-code');
    expect(given).toMatchObject({ value: '48213-given', origins: ['https://portal.example'] });
    const stored = await store.get(givenSecretPath('local', runId, 'sms-code'));
    expect(JSON.stringify([log, stored, await client.run(runId)])).not.toContain('48213-given');
    await (
      await RunJournal.open(deps, 'test', 'local', runId)
    ).append(() => [{ type: 'run.ended', status: 'succeeded' }]);
    expect(await store.get(givenSecretPath('local', runId, 'sms-code'))).toBeUndefined();
  });

  it('refuses an answer that nobody asked for', async () => {
    const { runId } = await client.createRun(request);
    await expect(client.answer(runId, 'ask_x', 'approve')).rejects.toMatchObject({
      code: 'conflict',
    });
  });
});
