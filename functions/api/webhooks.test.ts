import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createClient } from '../../shared/client/client.ts';
import type { Message } from '../../shared/contracts/message.ts';
import { TenantScope } from '../../shared/tenants/tenant-scope.ts';
import { adminOf, startTestApi, type TestApi } from './__fixtures__/test-api.ts';
import { populate, twoArtifacts } from './__fixtures__/populated-tenant.ts';

let api: TestApi;
const published: Message[] = [];
const URL_OF = 'https://hooks.example/rodex';

beforeAll(async () => {
  api = await startTestApi({ artifacts: twoArtifacts() });
  const { publish } = api.bus;
  Object.assign(api.bus, {
    publish: async (message: Message) => {
      published.push(message);
      return publish.call(api.bus, message);
    },
  });
});
afterAll(async () => api.close());

const clientOf = (tenantId: string) => createClient({ url: api.url, key: adminOf(tenantId) });

describe('webhooks over the API', () => {
  it('show a secret when it is made and nowhere after, and store it nowhere', async () => {
    const client = clientOf('acme');
    const { secret, webhook } = await client.createWebhook({ name: 'orders', url: URL_OF });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { webhooks } = await client.webhooks();
    expect(webhooks).toEqual([webhook]);
    const rotated = await client.rotateWebhook(webhook.webhookId, 1_000);
    expect(rotated.secret).not.toBe(secret);
    expect(rotated.webhook).toMatchObject({ secretVersion: 2 });
    const kept = JSON.stringify([
      await client.webhook(webhook.webhookId),
      await api.store.query({ collection: 'tenants/acme/webhooks' }),
      await api.store.query({ collection: 'tenants/acme/tenantLog' }),
    ]);
    for (const shown of [secret, rotated.secret])
      expect(kept).not.toContain(shown.slice('whsec_'.length));
    expect((await client.rotateWebhook(webhook.webhookId, 0)).webhook).not.toHaveProperty(
      'previousSecretUntil',
    );
  });

  it('leave a line of each change in the log of the tenant', async () => {
    const client = clientOf('logged');
    const { webhook } = await client.createWebhook({ name: 'orders', url: URL_OF });
    await client.changeWebhook(webhook.webhookId, { url: 'https://other.example/' });
    await client.rotateWebhook(webhook.webhookId);
    await client.removeWebhook(webhook.webhookId);
    const entries = await api.store.query({ collection: 'tenants/logged/tenantLog' });
    const events = entries.map(({ data }) => data['event'] as { type: string });
    expect(events.filter(({ type }) => type === 'webhook.changed')).toMatchObject([
      { what: 'made', origin: 'https://hooks.example' },
      { what: 'changed', origin: 'https://other.example' },
      { what: 'rotated' },
      { what: 'removed' },
    ]);
  });

  it.each([
    'http://hooks.example/',
    'https://10.0.0.1/',
    'https://localhost:8443/',
    'https://169.254.169.254/',
    'https://[::1]/',
  ])('are refused for %s, when made and when changed', async (url) => {
    const client = clientOf('acme');
    await expect(client.createWebhook({ name: 'x', url })).rejects.toMatchObject({
      code: 'origin_refused',
    });
    const { webhook } = await client.createWebhook({ name: 'x', url: URL_OF });
    await expect(client.changeWebhook(webhook.webhookId, { url })).rejects.toMatchObject({
      code: 'origin_refused',
    });
    await client.removeWebhook(webhook.webhookId);
  });

  it('are the admin’s: no other role lists, makes or replays', async () => {
    for (const role of ['viewer', 'operator', 'builder', 'approver', 'auditor'] as const) {
      const client = createClient({ url: api.url, key: await api.keyOf(role, 'acme') });
      for (const work of [
        () => client.webhooks(),
        () => client.createWebhook({ name: 'x', url: URL_OF }),
        () => client.deliveries(),
        () => client.replayDelivery(`whd_${'0'.repeat(20)}`),
      ])
        await expect(work()).rejects.toMatchObject({ code: 'permission_denied' });
    }
  });

  it('are 50 at most', async () => {
    const client = clientOf('many');
    for (let count = 0; count < 50; count += 1)
      await client.createWebhook({ name: 'x', url: URL_OF });
    await expect(client.createWebhook({ name: 'x', url: URL_OF })).rejects.toMatchObject({
      code: 'quota_exceeded',
    });
  });
});

describe('deliveries over the API', () => {
  it('are listed by status and webhook, and due again when they are replayed', async () => {
    const pool = await populate(api, 'acme', 'deliveries', 2);
    const client = clientOf('acme');
    const [deliveryId = ''] = pool['deliveryId'] ?? [];
    const [webhookId = ''] = pool['webhookId'] ?? [];
    const dead = await client.deliveries({ status: 'dead', webhookId });
    expect(dead.deliveries.map((each) => each.deliveryId)).toEqual([deliveryId]);
    expect((await client.deliveries({ status: 'delivered' })).deliveries).toEqual([]);
    published.length = 0;
    const replayed = await client.replayDelivery(deliveryId);
    expect(replayed).toMatchObject({ status: 'pending', attempts: 0 });
    expect(replayed.event).toEqual(dead.deliveries[0]?.event);
    expect(published).toMatchObject([{ type: 'delivery.due', tenantId: 'acme', deliveryId }]);
    const { webhookDeliveries } = new TenantScope(api.store, 'acme');
    expect((await webhookDeliveries.get(deliveryId)).data).toEqual(replayed);
  });
});
