import { beforeEach, describe, expect, it } from 'vitest';

import type { ReceivedLetter } from '../../shared/bus/message-bus.ts';
import { verdictOf } from '../../shared/bus/delivery-rules.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { RunRequestReply } from '../../shared/contracts/run-event.ts';
import { AppError } from '../../shared/core/errors.ts';
import { triggersWorld, type TriggersWorld } from './__fixtures__/triggers-world.ts';
import { triggersHandler } from './triggers.ts';

const REQUEST = { goal: 'open it', url: 'https://portal.example/' };
const OPEN = { enabled: true, role: 'operator', replyTopics: ['acme-replies'] } as const;

let world: TriggersWorld;
beforeEach(async () => {
  world = triggersWorld();
  await world.tenant('acme', { runTopic: { ...OPEN, replyTopics: [...OPEN.replyTopics] } });
  await world.tenant('globex', {
    runTopic: { enabled: true, role: 'viewer', replyTopics: [] },
  });
});

interface Sent {
  readonly body?: unknown;
  readonly attributes?: Record<string, string>;
  readonly subscription?: string;
  readonly messageId?: string;
  readonly attempt?: number;
}

/** One delivery, and what becomes of its message. */
async function deliver({
  body = REQUEST,
  attributes = {},
  subscription = 'rodex-runs-acme',
  messageId = 'm1',
  attempt = 1,
}: Sent = {}): Promise<string> {
  const letter: ReceivedLetter = {
    subscription,
    attributes,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
  try {
    await triggersHandler(world.deps)(letter, {
      messageId,
      attempt,
      signal: new AbortController().signal,
    });
    return 'ack';
  } catch (error) {
    const verdict = verdictOf(error, attempt, 5);
    return verdict.kind === 'dead-letter' ? `dead: ${verdict.reason}` : verdict.kind;
  }
}

const replies = () =>
  world.sent.map(({ topic, body }) => {
    expect(topic).toBe('acme-replies');
    return RunRequestReply.parse(JSON.parse(body));
  });
const replyTo = { replyTo: 'acme-replies' };

describe('a run request over rodex-runs-{tenant}', () => {
  it('starts a run of the tenant whose subscription it came from, and tells the reply topic', async () => {
    expect(await deliver({ attributes: { ...replyTo, idempotencyKey: 'order-17' } })).toBe('ack');
    const [stored] = await world.store.query<Run>({ collection: 'tenants/acme/runs' });
    expect(stored?.data).toMatchObject({
      status: 'queued',
      goal: REQUEST.goal,
      requestedBy: 'service:rodex-runs-acme',
    });
    expect(replies()).toMatchObject([
      {
        type: 'rodex.request.accepted',
        data: { key: 'order-17', runId: stored?.data.runId, created: true },
      },
    ]);
    expect(world.sent[0]?.attributes).toMatchObject({ key: 'order-17', tenantId: 'acme' });
  });

  it('starts one run however often the message comes, and by whatever message the key comes again', async () => {
    for (const attempt of [1, 2, 3]) expect(await deliver({ attempt })).toBe('ack');
    expect(await world.runs('acme')).toBe(1);
    const attributes = { ...replyTo, idempotencyKey: 'order-17' };
    await Promise.all(
      ['m2', 'm3', 'm4'].map(async (messageId) => deliver({ messageId, attributes })),
    );
    expect(await world.runs('acme')).toBe(2);
    // Told each time under one id: who asked has one answer.
    const answers = replies();
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ data }) => 'created' in data && data.created)).toHaveLength(1);
    // The control: another message without a key is another request.
    await deliver({ messageId: 'm5' });
    expect(await world.runs('acme')).toBe(3);
  });

  it('starts one run when it was killed before it could reply, or before it could acknowledge', async () => {
    let away = true;
    const { send } = world.deps.bus;
    Object.assign(world.deps.bus, {
      send: async (letter: Parameters<typeof send>[0]) => {
        if (away) throw new AppError('bus_unavailable', 'away', { retryable: true });
        return send(letter);
      },
    });
    expect(await deliver({ attributes: replyTo })).toBe('nack');
    away = false;
    expect(await deliver({ attributes: replyTo, attempt: 2 })).toBe('ack');
    expect(await deliver({ attributes: replyTo, attempt: 3 })).toBe('ack');
    expect(await world.runs('acme')).toBe(1);
    expect(replies()).toHaveLength(2);
  });

  it.each([
    ['another tenant in the body', { ...REQUEST, tenantId: 'globex' }, 'invalid_request'],
    ['a role in the body', { ...REQUEST, role: 'admin' }, 'invalid_request'],
    ['no goal', { url: REQUEST.url }, 'invalid_request'],
    ['no JSON', 'open it please', 'invalid_request'],
    ['JSON that is nested too deep', `${'['.repeat(60)}${']'.repeat(60)}`, 'invalid_request'],
    ['a body of more than 1 MiB', `"${'x'.repeat(1_100_000)}"`, 'payload_too_large'],
    ['a template that there is not', { template: 'invoices@3' }, 'not_found'],
    [
      'a start outside its own contract',
      { ...REQUEST, contract: { navigate: ['https://other.example'] } },
      'origin_refused',
    ],
  ])(
    'with %s starts nothing: a problem goes to the reply topic, the message aside',
    async (_what, body, code) => {
      const became = await deliver({ body, attributes: replyTo });
      expect(became).toMatch(new RegExp(`^dead: invalid_message: ${code}: `));
      expect(await world.runs('acme')).toBe(0);
      expect(await world.runs('globex')).toBe(0);
      expect(replies()).toMatchObject([
        { type: 'rodex.request.refused', data: { key: 'm1', problem: { code } } },
      ]);
    },
  );

  it('is refused where the topic is off, the role may not start, or there is no such tenant', async () => {
    await world.tenant('hooli', {});
    for (const tenantId of ['globex', 'hooli', 'nobody'])
      expect(await deliver({ subscription: `rodex-runs-${tenantId}` })).toMatch(
        /^dead: invalid_message: permission_denied/,
      );
    for (const tenantId of ['globex', 'hooli', 'nobody'])
      expect(await world.runs(tenantId)).toBe(0);
  });

  it('sends nothing to a topic that is not on the list, and starts nothing', async () => {
    for (const topic of ['globex-replies', 'rodex-steps', 'rodex-events', ''])
      expect(await deliver({ attributes: { replyTo: topic } })).toMatch(/^dead: permission_denied/);
    expect(world.sent).toEqual([]);
    expect(await world.runs('acme')).toBe(0);
  });

  it('refuses a key that was used with another request', async () => {
    const attributes = { ...replyTo, idempotencyKey: 'order-17' };
    await deliver({ attributes });
    const body = { ...REQUEST, goal: 'open another' };
    expect(await deliver({ body, attributes, messageId: 'm2' })).toMatch(
      /^dead: .*idempotency key/,
    );
    expect(await world.runs('acme')).toBe(1);
  });

  it('waits where a quota is full, and gives up with a problem after the last attempt', async () => {
    await world.tenant('initech', {
      quotas: { openRuns: 1 },
      runTopic: { enabled: true, role: 'operator', replyTopics: ['acme-replies'] },
    });
    const subscription = 'rodex-runs-initech';
    expect(await deliver({ subscription })).toBe('ack');
    const next = { subscription, messageId: 'm2', attributes: replyTo };
    for (const attempt of [1, 2, 3, 4]) expect(await deliver({ ...next, attempt })).toBe('nack');
    expect(world.sent).toEqual([]);
    expect(await deliver({ ...next, attempt: 5 })).toMatch(/^dead: .*quota_exceeded/);
    expect(replies()).toMatchObject([
      { data: { problem: { code: 'quota_exceeded', status: 429 } } },
    ]);
  });

  it('is not taken for a message of the platform, nor the other way round', async () => {
    const body = {
      type: 'run.changed',
      schemaVersion: 1,
      tenantId: 'globex',
      runId: `run_${'0'.repeat(20)}`,
    };
    expect(await deliver({ body })).toMatch(/^dead: invalid_message: invalid_request/);
    expect(await deliver({ body: REQUEST, subscription: 'rodex-changes' })).toMatch(
      /^dead: invalid_message/,
    );
    expect(await world.runs('acme')).toBe(0);
  });
});
