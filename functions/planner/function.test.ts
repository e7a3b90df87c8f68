import type { CloudEvent } from '@google-cloud/functions-framework';
import { describe, expect, it } from 'vitest';

import { createPlannerFunction } from './function.ts';
import type { PlanRequested } from './planner.ts';

const message = {
  type: 'plan.requested',
  schemaVersion: 1,
  tenantId: 'acme',
  runId: 'run_0123456789abcdefghjk',
  planEpoch: 3,
};

function event(body: unknown): CloudEvent<unknown> {
  const data = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    specversion: '1.0',
    id: '1',
    source: 's',
    type: 'google.cloud.pubsub.topic.v1.messagePublished',
    data: { message: { data: Buffer.from(data).toString('base64'), messageId: '1' } },
  };
}

describe('the planner function', () => {
  const handled: PlanRequested[] = [];
  const handler = createPlannerFunction({ handle: async (each) => void handled.push(each) });

  it('hands a valid message to the planner and leaves others alone', async () => {
    await handler(event(message));
    await handler(
      event({ type: 'run.ready', schemaVersion: 1, tenantId: 'acme', runId: message.runId }),
    );
    expect(handled).toEqual([message]);
  });

  it.each([
    ['no message', { ...event(message), data: {} }],
    ['no JSON', event('{')],
    ['what does not fit the contract', event({ ...message, planEpoch: 0 })],
    ['unknown fields', event({ ...message, extra: 1 })],
    ['null', event('null')],
  ])('refuses %s as invalid', async (_what, bad) => {
    await expect(handler(bad)).rejects.toMatchObject({ code: 'invalid_message' });
  });

  it('leaves a newer message for a newer release', async () => {
    await expect(handler(event({ ...message, schemaVersion: 2 }))).rejects.toMatchObject({
      code: 'newer_version',
    });
  });

  it('throws what the planner throws, so that the push is repeated', async () => {
    const failing = createPlannerFunction({
      handle: async () => Promise.reject(new Error('later')),
    });
    await expect(failing(event(message))).rejects.toThrow('later');
  });
});
