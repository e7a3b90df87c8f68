import { Webhook as Receiver, WebhookVerificationError } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';

import { RunEvent } from '../../shared/contracts/run-event.ts';
import { TenantScope } from '../../shared/tenants/tenant-scope.ts';
import { webhookSecret, WEBHOOK_KEY } from '../../shared/tenants/webhook-signature.ts';
import { Endpoint, ok, type Answer, type Got } from './__fixtures__/endpoint.ts';
import { RUN } from './__fixtures__/triggers-world.ts';
import { deliver, MAX_ATTEMPTS, type DeliverDeps } from './deliver.ts';

const endpoint = new Endpoint();
const keyOf = async (): Promise<Uint8Array> => endpoint.world.deps.derive(WEBHOOK_KEY);
/** As a receiver checks what came, with the library of the specification. */
const verified = (secret: string, { headers, body }: Got): unknown =>
  new Receiver(secret).verify(body, headers);

describe('a delivery', () => {
  it('is the event, signed so that the Standard Webhooks library takes it, and no other secret does', async () => {
    const { webhook, id } = await endpoint.due();
    expect(await endpoint.attempt(id)).toMatchObject({
      status: 'delivered',
      attempts: 1,
      lastAttempt: { status: 204 },
    });
    const [request] = endpoint.got;
    if (!request) throw new Error('nothing came');
    const secret = webhookSecret(await keyOf(), webhook);
    const event = RunEvent.parse(verified(secret, request));
    expect(event).toMatchObject({ type: 'rodex.run.succeeded', data: { runId: RUN } });
    expect(request.headers).toMatchObject({
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-id': event.id,
    });
    const another = webhookSecret(await keyOf(), { ...webhook, webhookId: `wh_${'z'.repeat(20)}` });
    expect(() => verified(another, request)).toThrow(WebhookVerificationError);
    const changed = { ...request, body: request.body.replace('succeeded', 'failed') };
    expect(() => verified(secret, changed)).toThrow(WebhookVerificationError);
    // Not again, whoever asks.
    await endpoint.attempt(id);
    expect(endpoint.got).toHaveLength(1);
  });

  it('carries a signature of both secrets while one replaces the other, then of the new one', async () => {
    const { webhook, id } = await endpoint.due();
    const { webhooks } = new TenantScope(endpoint.world.store, 'acme');
    const stored = await webhooks.get(webhook.webhookId);
    const previousSecretUntil = new Date(endpoint.clock.nowMs() + 3_600_000).toISOString();
    const rotated = { ...webhook, secretVersion: 2, previousSecretUntil };
    await webhooks.update(webhook.webhookId, rotated, stored.version);
    const [old, young] = [webhook, rotated];
    endpoint.answer = (_request, response) => void response.writeHead(500).end();
    await endpoint.attempt(id);
    for (const each of [old, young])
      verified(webhookSecret(await keyOf(), each), endpoint.got[0] as Got);
    endpoint.offsetMs = 7_200_000;
    await endpoint.attempt(id);
    // The library refuses times that are far from its own: the one sent is taken back to now.
    const late = endpoint.got[1] as Got;
    expect(late.headers['webhook-signature']?.split(' ')).toHaveLength(1);
    expect(endpoint.got[0]?.headers['webhook-signature']?.split(' ')).toHaveLength(2);
  });

  it('is tried again after a wait that doubles, and is dead after the last attempt', async () => {
    const { id } = await endpoint.due();
    endpoint.answer = (_request, response) => void response.writeHead(500).end('no \u001b[31mway');
    const waits: number[] = [];
    for (let count = 1; count <= MAX_ATTEMPTS; count += 1) {
      const now = endpoint.clock.nowMs();
      const { status, attempts, nextAttemptAt, lastAttempt } = await endpoint.attempt(id);
      expect(attempts).toBe(count);
      expect(lastAttempt).toMatchObject({
        status: 500,
        error: 'answered 500',
        response: 'no  [31mway',
      });
      expect(status).toBe(count === MAX_ATTEMPTS ? 'dead' : 'pending');
      if (nextAttemptAt === undefined) break;
      // Before its time nothing is sent.
      await endpoint.attempt(id);
      expect(endpoint.got).toHaveLength(count);
      waits.push(Date.parse(nextAttemptAt) - now);
      endpoint.offsetMs += Date.parse(nextAttemptAt) - endpoint.clock.nowMs() + 1;
    }
    expect(endpoint.got).toHaveLength(MAX_ATTEMPTS);
    for (const [index, wait] of waits.entries()) {
      const full = Math.min(60_000 * 2 ** index, 12 * 3_600_000);
      expect(wait).toBeGreaterThanOrEqual(full / 2);
      expect(wait).toBeLessThanOrEqual(full + 1_000);
    }
    endpoint.offsetMs += 86_400_000;
    await endpoint.attempt(id);
    expect(endpoint.got).toHaveLength(MAX_ATTEMPTS);
  });

  it('waits as long as it is asked to, an hour at most', async () => {
    const { id } = await endpoint.due();
    for (const [seconds, waited] of [
      ['600', 600_000],
      ['999999', 3_600_000],
    ] as const) {
      endpoint.answer = (_request, response) =>
        void response.writeHead(429, { 'retry-after': seconds }).end();
      const now = endpoint.clock.nowMs();
      const { nextAttemptAt } = await endpoint.attempt(id);
      const wait = Date.parse(nextAttemptAt ?? '') - now;
      expect(Math.abs(wait - waited)).toBeLessThan(2_000);
      endpoint.offsetMs += wait + 1;
    }
  });

  it('outlives a process that is killed in an attempt, which counts', async () => {
    const { id } = await endpoint.due();
    const reached = Promise.withResolvers<void>();
    endpoint.answer = () => reached.resolve();
    // Killed: what comes after the request never happens.
    void deliver(
      { ...endpoint.world.deps, store: cutOff(reached.promise), timeoutMs: 500 },
      'acme',
      id,
    ).catch(() => undefined);
    await reached.promise;
    endpoint.answer = ok;
    await endpoint.attempt(id);
    expect(endpoint.got).toHaveLength(1);
    endpoint.offsetMs = 60_001;
    expect(await endpoint.attempt(id)).toMatchObject({ status: 'delivered', attempts: 2 });
  });

  it('is sent once by however many try at once', async () => {
    const { id } = await endpoint.due();
    await Promise.all(Array.from({ length: 8 }, async () => endpoint.attempt(id)));
    expect(endpoint.got).toHaveLength(1);
    expect(await endpoint.read(id)).toMatchObject({ status: 'delivered', attempts: 1 });
  });

  it('does not follow a redirect', async () => {
    const { id } = await endpoint.due();
    endpoint.answer = (_request, response) =>
      void response.writeHead(307, { location: `${endpoint.url}/elsewhere` }).end();
    expect((await endpoint.attempt(id)).lastAttempt?.error).toBe(
      'answered 307: redirects are not followed',
    );
    expect(endpoint.got).toHaveLength(1);
  });

  it('turns the webhook off when the endpoint says that it is gone, and says so in the log', async () => {
    const { webhook, id } = await endpoint.due();
    endpoint.answer = (_request, response) => void response.writeHead(410).end();
    expect(await endpoint.attempt(id)).toMatchObject({ status: 'dead' });
    const { webhooks } = new TenantScope(endpoint.world.store, 'acme');
    expect((await webhooks.get(webhook.webhookId)).data.enabled).toBe(false);
    const [entry] = await endpoint.world.store.query({ collection: 'tenants/acme/tenantLog' });
    expect(entry?.data).toMatchObject({ event: { type: 'webhook.changed', what: 'gone' } });
  });

  it.each<[string, Answer, object]>([
    ['never answers', () => undefined, { error: 'no answer within 0.5 s' }],
    [
      'hangs up',
      (request) => void request.socket.destroy(),
      { error: 'the connection failed (ECONNRESET)' },
    ],
    [
      'answers without end',
      (_request, response) => {
        response.writeHead(200).write('x'.repeat(100_000));
      },
      { status: 200, response: 'x'.repeat(256) },
    ],
    [
      'begins to answer and stops',
      (_request, response) => {
        response.writeHead(200).write('half');
      },
      { status: 200, response: 'half' },
    ],
  ])('comes to an end with an endpoint that %s', async (_what, how, expected) => {
    const { id } = await endpoint.due();
    endpoint.answer = how;
    expect((await endpoint.attempt(id)).lastAttempt).toMatchObject(expected);
  });
});

/** A store that hears nothing more once `killed` resolves. */
function cutOff(killed: Promise<void>): DeliverDeps['store'] {
  const { store } = endpoint.world;
  let dead = false;
  void killed.then(() => (dead = true));
  return {
    get: async (path) => store.get(path),
    query: async (query) => store.query(query),
    commit: async (writes) => (dead ? new Promise(() => undefined) : store.commit(writes)),
    watch: (prefix, onChange) => store.watch(prefix, onChange),
    close: async () => undefined,
  };
}
