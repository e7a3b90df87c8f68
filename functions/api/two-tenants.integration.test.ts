import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { StateStore } from '../../shared/state/state-store.ts';
import { KINDS, TenantScope } from '../../shared/tenants/tenant-scope.ts';
import { TenantCollection } from '../../shared/tenants/tenant-collection.ts';
import {
  requestsOf,
  send,
  type GeneratedRequest,
  type Pool,
} from './__fixtures__/generated-requests.ts';
import { populate, twoArtifacts } from './__fixtures__/populated-tenant.ts';
import { startTestApi, type TestApi } from './__fixtures__/test-api.ts';
import { ROUTES } from './route-table.ts';

const MARK = 'acmemark';
const EACH = 40;
let api: TestApi;
let acme: Pool;
let globexKey = '';
let acmeKey = '';

beforeAll(async () => {
  api = await startTestApi({ artifacts: twoArtifacts() });
  acme = await populate(api, 'acme', MARK, 4);
  await populate(api, 'globex', 'globexmark', 1);
  globexKey = await api.keyOf('admin', 'globex');
  acmeKey = await api.keyOf('admin', 'acme');
});
afterAll(async () => api.close());

/** All that a tenant has, by path. Last use of keys is written by whoever has them. */
async function everything(store: StateStore, tenantId: string): Promise<string> {
  const collections = ['runs', ...Object.values(KINDS).map(({ name }) => name)];
  const documents = await Promise.all(
    collections.map((name) => store.query({ collection: `tenants/${tenantId}/${name}` })),
  );
  const logs = await Promise.all(
    documents[0]?.map(({ path }) => store.query({ collection: `${path}/log` })) ?? [],
  );
  const tenant = await store.get(`tenants/${tenantId}`);
  return JSON.stringify([tenant?.data, documents, logs], (key, value: unknown) =>
    key === 'lastUsedAt' || key === 'version' || key === 'ageMs' ? undefined : value,
  );
}

const generated = (route: (typeof ROUTES)[number]): GeneratedRequest[] =>
  fc.sample(requestsOf(route, acme), { numRuns: EACH, seed: 8 });

async function textOf(response: Response): Promise<string> {
  if (response.headers.get('content-type')?.includes('event-stream')) {
    const reader = response.body?.getReader();
    const first = await reader?.read();
    await reader?.cancel();
    return new TextDecoder().decode(first?.value);
  }
  return response.text();
}

describe('a key of another tenant', () => {
  // A link is a capability: whoever was given it may download that file, from any tenant.
  const routes = ROUTES.filter(({ operationId }) => operationId !== 'downloadLinked');

  it.each(routes.map((route) => [`${route.method.toUpperCase()} ${route.path}`, route] as const))(
    '%s shows nothing and changes nothing',
    async (_name, route) => {
      const before = await everything(api.store, 'acme');
      for (const request of generated(route)) {
        const response = await send(api.url, globexKey, request);
        const text = await textOf(response);
        // What one sends oneself may come back; what stands in the other tenant may not.
        for (const mark of [
          `${MARK} goal`,
          `${MARK} template`,
          `${MARK} scheduled`,
          `${MARK} value`,
          `${MARK} hook`,
        ])
          expect(text, `${request.path}: ${response.status}`).not.toContain(mark);
        for (const runId of acme['runId'] ?? [])
          if (!request.path.includes(runId)) expect(text).not.toContain(runId);
      }
      expect(await everything(api.store, 'acme')).toBe(before);
    },
  );

  it('is let in nowhere by naming the other tenant', async () => {
    for (const route of routes.filter(({ access }) => access !== 'public')) {
      const [request] = generated(route);
      if (!request) throw new Error('nothing generated');
      const headers = { ...request.headers, 'rodex-tenant': 'acme' };
      const response = await send(api.url, globexKey, { ...request, headers });
      expect(response.status, route.operationId).toBe(403);
      await response.body?.cancel();
    }
  });

  it('the control: with a key of the tenant the same requests succeed and show it', async () => {
    const marked = new Set<string>();
    for (const route of routes.filter(({ access }) => access !== 'platform-admin'))
      for (const request of generated(route)) {
        // A stream from beyond the last entry has nothing to show yet.
        if (route.streams && (request.query !== '' || request.headers['last-event-id'])) continue;
        const response = await send(api.url, acmeKey, request);
        const text = await textOf(response);
        if (response.status < 300 && (text.includes(MARK) || response.status === 204))
          marked.add(route.operationId);
      }
    for (const operationId of [
      'getRun',
      'listRuns',
      'watchRun',
      'pollRun',
      'getRunLog',
      'listTemplates',
      'getTemplate',
      'getSchedule',
      'listSchedules',
      'listMembers',
      'listApiKeys',
      'getTenant',
      'listSecrets',
      'listWebhooks',
      'getWebhook',
      'rotateWebhook',
    ])
      expect([...marked]).toContain(operationId);
  });
});

describe('a repository of another tenant', () => {
  it('cannot be built without a tenant, or for what is none', () => {
    for (const tenantId of ['', '..', 'a/b', 'Acme', '__x__'])
      expect(() => new TenantScope(api.store, tenantId)).toThrow();
  });

  beforeAll(async () => {
    await populate(api, 'hooli', MARK, 1);
  });

  it.each(Object.keys(KINDS) as (keyof typeof KINDS)[])(
    '%s: no method reaches the other tenant',
    async (kind) => {
      const own = new TenantScope(api.store, 'hooli')[kind] as TenantCollection<
        Record<string, unknown>
      >;
      const other = new TenantScope(api.store, 'initech')[kind] as TenantCollection<
        Record<string, unknown>
      >;
      const [mine] = (await own.page({ limit: 1 })).items;
      if (!mine) throw new Error('nothing to protect');
      const before = await everything(api.store, 'hooli');
      const escapes = [
        mine.id,
        `../hooli/${KINDS[kind].name}/${mine.id}`,
        `../../hooli/${mine.id}`,
        '..',
        '',
      ];
      const tried = new Set<string>();
      const refused = async (name: string, work: Promise<unknown>): Promise<void> => {
        tried.add(name);
        await expect(work, name).rejects.toThrow();
      };
      for (const id of escapes) {
        await refused('get', other.get(id));
        if (id === mine.id) expect(await other.find(id)).toBeUndefined();
        else await refused('find', other.find(id));
        await refused(
          'update',
          other.update(id, { ...mine.data, tenantId: 'initech' }, mine.version),
        );
        await refused('create', other.create(id, mine.data));
        await refused('delete', other.delete(id, mine.version));
        if (id !== mine.id) expect(() => other.path(id)).toThrow();
      }
      const seen = await other.page({ limit: 200 });
      expect(JSON.stringify(seen)).not.toContain(MARK);
      expect(await everything(api.store, 'hooli')).toBe(before);
      const methods = Object.getOwnPropertyNames(TenantCollection.prototype).filter(
        (name) => name !== 'constructor',
      );
      expect([...tried, 'path', 'page'].toSorted()).toEqual(methods.toSorted());
      // The control.
      expect((await own.get(mine.id)).data).toEqual(mine.data);
      const again = await own.update(mine.id, mine.data, mine.version);
      expect(again.version).not.toBe(mine.version);
    },
  );
});
