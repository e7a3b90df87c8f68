import type { ArtifactStore } from '../../../shared/artifacts/artifact-store.ts';
import { createClient, type Client } from '../../../shared/client/client.ts';
import { leasePath, TAKE_OVER_FRAME } from '../../../shared/contracts/paths.ts';
import type { Webhook } from '../../../shared/contracts/webhook.ts';
import { randomId } from '../../../shared/core/ids.ts';
import { TenantScope } from '../../../shared/tenants/tenant-scope.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { RunJournal } from '../../../shared/journal/run-journal.ts';
import type { Pool } from './generated-requests.ts';
import { adminOf, type TestApi } from './test-api.ts';

const CONTENT = new TextEncoder().encode('<script>alert(1)</script>');

/** One artifact for each run of the tenants that were populated. */
export function twoArtifacts(): ArtifactStore {
  const metadata = { name: 'page.html', bytes: CONTENT.length, digest: `sha256:${'0'.repeat(64)}`, mediaType: 'text/html' };
  return {
    put: async () => metadata,
    get: async (_tenant, _run, name) => {
      if (name !== metadata.name && name !== TAKE_OVER_FRAME) throw new AppError('not_found', 'there is no such artifact');
      return { metadata, content: CONTENT };
    },
    list: async () => [metadata],
    link: async () => undefined,
    removeRun: async () => undefined,
  };
}

async function json(response: Response): Promise<Record<string, unknown>> {
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.status === 204 ? {} : ((await response.json()) as Record<string, unknown>);
}

/** Some of everything in a tenant, with `mark` in each text; gives what its things are called. */
export async function populate(api: TestApi, tenantId: string, mark: string, size = 3): Promise<Pool> {
  const key = adminOf(tenantId);
  const client: Client = createClient({ url: api.url, key });
  const call = async (method: string, path: string, body?: unknown) =>
    json(
      await fetch(`${api.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
  const runId: string[] = [];
  for (let count = 0; count < size * 4; count += 1) {
    const run = await client.createRun({ goal: `${mark} goal`, url: 'https://portal.example/' });
    runId.push(run.runId);
    const how = count % 4 === 0 ? 'ended' : count % 8 === 2 && count > 8 ? 'take-over' : 'approval';
    if (count % 2 === 0) await ask(api, tenantId, run.runId, mark, how);
  }
  const names = Array.from({ length: size }, (_each, index) => `${mark}-${index}`);
  await call('PUT', `/v1/tenants/${tenantId}`, { name: mark });
  const keyId: string[] = [];
  const webhookId: string[] = [];
  const deliveryId: string[] = [];
  for (const name of names) {
    await call('POST', '/v1/templates', {
      name,
      goal: `${mark} template`,
      contract: { navigate: ['https://portal.example'] },
    });
    await call('PUT', `/v1/schedules/${name}`, {
      cron: '0 9 * * *',
      run: { goal: `${mark} scheduled`, url: 'https://portal.example/' },
    });
    await call('PUT', `/v1/secrets/${name}`, {
      value: `${mark} value`,
      origins: ['https://portal.example'],
    });
    await call('PUT', `/v1/members/${name}@example.com`, { role: 'viewer' });
    const hook = await client.createWebhook({ name: `${mark} hook`, url: 'https://hooks.example/' });
    webhookId.push(hook.webhook.webhookId);
    deliveryId.push(await delivery(api, hook.webhook, runId[0] ?? ''));
    const { apiKey } = await client.createApiKey({ name, role: 'viewer' });
    keyId.push(apiKey.keyId);
  }
  const link = await call('POST', `/v1/runs/${runId[0]}/artifacts/page.html/link`, {});
  return {
    runId,
    keyId,
    webhookId,
    deliveryId,
    name: [...names, 'page.html'],
    template: names.map((name) => `${name}@1`),
    email: names.map((name) => `${name}@example.com`),
    tenantId: [tenantId],
    token: [String(link['url']).split('/').at(-1) ?? ''],
    after: [],
  };
}

/** One that was given up. */
async function delivery(api: TestApi, { tenantId, webhookId }: Webhook, runId: string) {
  const at = '2026-11-27T07:00:00.000Z';
  const deliveryId = randomId('whd');
  await new TenantScope(api.store, tenantId).webhookDeliveries.create(deliveryId, {
    schemaVersion: 1,
    tenantId,
    deliveryId,
    webhookId,
    event: {
      specversion: '1.0',
      id: `${runId}.1`,
      source: `/tenants/${tenantId}/runs/${runId}`,
      type: 'rodex.run.started',
      time: at,
      subject: runId,
      datacontenttype: 'application/json',
      data: { schemaVersion: 1, tenantId, runId, seq: 1, status: 'acting' },
    },
    status: 'dead',
    attempts: 12,
    createdAt: at,
    updatedAt: at,
  });
  return deliveryId;
}

/** Makes a run wait for a yes; some of them have ended before. */
async function ask(api: TestApi, tenantId: string, runId: string, mark: string, how: 'ended' | 'approval' | 'take-over') {
  const journal = await RunJournal.open(api.deps, 'test', tenantId, runId);
  await journal.append(() => [
    { type: 'lease.taken', leaseEpoch: 1, holder: 'h', takeover: false },
    how === 'ended'
      ? { type: 'run.ended', status: 'succeeded', summary: mark }
      : {
          type: 'human.requested',
          leaseEpoch: 1,
          request: {
            requestId: 'ask_1',
            kind: how,
            question: mark,
            ...(how === 'approval' && { choices: ['approve', 'deny'], commitDigest: 'sha256:1' }),
            facts: {},
            askedAt: '2026-11-27T07:00:00.000Z',
            expiresAt: '2036-11-27T07:00:00.000Z',
          },
        },
  ]);
  if (how !== 'take-over') return;
  const lease = { schemaVersion: 1, tenantId, runId, leaseEpoch: 1, holder: 'h', renewals: 0, released: false };
  await api.store.commit([{ op: 'create', path: leasePath(tenantId, runId), data: lease }]);
}
