import { describe, expect, it } from 'vitest';

import type { WebhookDelivery } from '../../shared/contracts/webhook.ts';
import { webhookRule } from '../../shared/policy/webhook-target.ts';
import { Endpoint } from './__fixtures__/endpoint.ts';
import type { DeliverDeps } from './deliver.ts';

const endpoint = new Endpoint();

describe('the address of an endpoint', () => {
  const strict = webhookRule([], false);
  const named = async (host: string, more: Partial<DeliverDeps>): Promise<WebhookDelivery> => {
    const { port } = new URL(endpoint.url);
    const { id } = await endpoint.due({ url: `https://${host}:${port}/hook` });
    return endpoint.attempt(id, { webhookRule: strict, ...more });
  };

  it.each([
    ['a loopback address', ['127.0.0.1']],
    ['a private address', ['10.1.2.3']],
    ['a private address among public ones', ['93.184.216.34', '192.168.0.7']],
    ['a metadata service', ['169.254.169.254']],
    ['an IPv6 form of a private address', ['::ffff:10.1.2.3']],
    ['nothing', []],
  ])(
    'is refused when its name stands for %s; what was found is not told to the tenant',
    async (_what, addresses) => {
      const delivery = await named('hooks.example', { post: { resolve: async () => addresses } });
      expect(delivery).toMatchObject({
        status: 'pending',
        lastAttempt: { error: 'the address of the endpoint is not public' },
      });
      for (const address of addresses) expect(JSON.stringify(delivery)).not.toContain(address);
      expect(endpoint.got).toEqual([]);
    },
  );

  it('is looked up once: a name that changes its mind is reached where it was judged', async () => {
    let asked = 0;
    const { port } = new URL(endpoint.url);
    const { id } = await endpoint.due({ url: `http://hooks.example:${port}/hook` });
    const rule = webhookRule([`hooks.example:${port}`], false);
    const resolve = async (): Promise<string[]> => {
      asked += 1;
      return asked === 1 ? ['127.0.0.1'] : ['127.0.0.9'];
    };
    expect(await endpoint.attempt(id, { webhookRule: rule, post: { resolve } })).toMatchObject({
      status: 'delivered',
    });
    expect(asked).toBe(1);
    expect(endpoint.got[0]?.headers['host']).toBe(`hooks.example:${port}`);
  });

  it('is judged again at each attempt: what was allowed when the webhook was made need not be now', async () => {
    const { id } = await endpoint.due();
    expect((await endpoint.attempt(id, { webhookRule: strict })).lastAttempt?.error).toContain(
      'not public',
    );
    expect(endpoint.got).toEqual([]);
  });

  it('may be private where an admin of the platform opened exactly that host and port for the tenant', async () => {
    const { host } = new URL(endpoint.url);
    const { id } = await endpoint.due();
    await endpoint.world.tenant('acme', { webhooks: { privateHosts: [host] } });
    expect(await endpoint.attempt(id, { webhookRule: strict })).toMatchObject({
      status: 'delivered',
    });
  });

  it('is believed only with a certificate for its name', async () => {
    const delivery = await named('hooks.example', {
      webhookRule: webhookRule([`hooks.example:${new URL(endpoint.url).port}`], false),
      post: { resolve: async () => ['127.0.0.1'] },
    });
    expect(delivery.lastAttempt?.error).toMatch(/^the connection failed/);
    expect(endpoint.got).toEqual([]);
  });
});
