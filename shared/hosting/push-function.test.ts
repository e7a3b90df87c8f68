import type { Server } from 'node:http';

import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { DeadLetter, Delivery } from '../bus/message-bus.ts';
import type { Message } from '../contracts/message.ts';
import { AppError } from '../core/errors.ts';
import { silentLogger } from '../core/logger.ts';
import { closeServer, createFrontServer, listen } from './front-server.ts';
import { messagesOnly } from '../bus/delivery-rules.ts';
import { createPushFunction } from './push-function.ts';

const PUBLISHED = 'google.cloud.pubsub.topic.v1.messagePublished';
const message = {
  type: 'plan.requested',
  schemaVersion: 1,
  tenantId: 'acme',
  runId: 'run_0123456789abcdefghjk',
  planEpoch: 3,
};
const pushOf = (body: unknown, more: object = {}, attributes: object = {}): object => ({
  subscription: 'projects/p/subscriptions/rodex-plan',
  message: {
    data: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)).toString('base64'),
    messageId: '17',
    attributes,
  },
  ...more,
});

describe('a function that Pub/Sub pushes to', () => {
  const got: { message: Message; delivery: Delivery }[] = [];
  const aside: DeadLetter[] = [];
  let answer: () => Promise<void> = async () => undefined;
  let verify: (authorization: string | undefined) => Promise<void> = async () => undefined;
  const servers: Server[] = [];
  const urls: Record<string, string> = {};
  beforeAll(async () => {
    http(
      'pushed',
      createPushFunction(
        {
          bus: { setAside: async (letter) => void aside.push(letter) },
          log: silentLogger,
          verify: async (authorization) => verify(authorization),
          signal: new AbortController().signal,
        },
        messagesOnly(async (each, delivery) => {
          got.push({ message: each, delivery });
          await answer();
        }),
      ),
    );
    // As Google's own program serves it, and behind a front that has read the body.
    servers.push(getTestServer('pushed'), createFrontServer(getTestServer('pushed')));
    for (const [index, server] of servers.entries())
      urls[index] = `http://127.0.0.1:${await listen(server, '127.0.0.1', 0)}/`;
  });
  afterAll(async () => Promise.all(servers.map(closeServer)));
  beforeEach(() => {
    got.length = 0;
    aside.length = 0;
    answer = async () => undefined;
    verify = async () => undefined;
  });
  const post = async (
    body: object | string,
    headers: Record<string, string> = {},
    url = urls[0] ?? '',
  ): Promise<number> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    await response.text();
    return response.status;
  };

  it.each([0, 1])('reads a push body, served in way %i', async (way) => {
    expect(await post(pushOf(message, { deliveryAttempt: 3 }), {}, urls[way])).toBe(204);
    expect(got[0]).toMatchObject({ message, delivery: { messageId: '17', attempt: 3 } });
  });

  it('reads a CloudEvent in headers, and one in a document', async () => {
    const ce = { 'ce-id': '9', 'ce-source': 's', 'ce-specversion': '1.0', 'ce-type': PUBLISHED };
    expect(await post(pushOf(message), ce)).toBe(204);
    const document = { specversion: '1.0', id: '9', source: 's', type: PUBLISHED };
    const type = { 'content-type': 'application/cloudevents+json' };
    expect(await post({ ...document, data: pushOf(message) }, type)).toBe(204);
    expect(got.map((each) => each.message)).toEqual([message, message]);
  });

  it('keeps the id and the attempts of a message that went round, and is not for another subscription', async () => {
    const attributes = { rodexId: 'msg_1', rodexAttempts: '2', rodexOnly: 'rodex-plan' };
    await post(pushOf(message, {}, attributes));
    await post(pushOf(message, {}, { ...attributes, rodexOnly: 'another' }));
    expect(got).toHaveLength(1);
    expect(got[0]?.delivery).toMatchObject({ messageId: 'msg_1', attempt: 3 });
  });

  it.each([
    ['no JSON', '{'],
    ['what does not fit the contract', { ...message, planEpoch: 0 }],
    ['unknown fields', { ...message, extra: 1 }],
    ['null', 'null'],
  ])('settles %s as a dead letter with its reason, unseen by the handler', async (_what, bad) => {
    expect(await post(pushOf(bad))).toBe(204);
    expect(got).toEqual([]);
    expect(aside).toMatchObject([
      { subscription: 'rodex-plan', messageId: '17', reason: expect.stringMatching(/^invalid_/) },
    ]);
  });

  it.each([
    ['another event', pushOf(message), { 'ce-type': 'google.cloud.storage.object.v1.finalized' }],
    ['no envelope', { hello: 1 }, {}],
    ['a list', [], {}],
  ])('answers 400 to %s', async (_what, body, headers) => {
    expect(await post(body, headers as Record<string, string>)).toBe(400);
    expect(aside).toEqual([]);
  });

  it('leaves a newer message for a newer release, however often it came', async () => {
    const newer = pushOf({ ...message, schemaVersion: 2 }, { deliveryAttempt: 90 });
    expect(await post(newer)).toBe(409);
    expect(aside).toEqual([]);
  });

  it('has a message brought again, until its last attempt, and settles what is settled', async () => {
    answer = async () => Promise.reject(new AppError('store_unavailable', 'later'));
    expect(await post(pushOf(message, { deliveryAttempt: 4 }))).toBe(503);
    expect(await post(pushOf(message, { deliveryAttempt: 5 }))).toBe(204);
    expect(aside).toMatchObject([{ reason: expect.stringMatching(/after 5 attempts.*later/) }]);
    answer = async () => Promise.reject(new Error('any other'));
    expect(await post(pushOf(message))).toBe(500);
    answer = async () => Promise.reject(new AppError('run_cancelled', 'no use'));
    expect(await post(pushOf(message))).toBe(204);
    answer = async () => Promise.reject(new AppError('not_found', 'no such run'));
    expect(await post(pushOf(message))).toBe(204);
    expect(aside).toHaveLength(2);
  });

  it('does nothing for a caller that is not the pusher', async () => {
    const seen: (string | undefined)[] = [];
    verify = async (authorization) => {
      seen.push(authorization);
      throw new AppError('unauthenticated', 'no');
    };
    expect(await post(pushOf(message), { authorization: 'Bearer x' })).toBe(401);
    expect(await post(pushOf('{'))).toBe(401);
    expect(seen).toEqual(['Bearer x', undefined]);
    expect([got, aside]).toEqual([[], []]);
  });
});
