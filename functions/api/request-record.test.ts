import type { Server } from 'node:http';

import express from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { noteKey } from '../../shared/audit/signed-note.ts';
import { verifyTenant } from '../../shared/audit/verify-tenant.ts';
import { tenantLogPath } from '../../shared/contracts/paths.ts';
import { systemClock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { MemoryArchive } from '../../shared/testing/sample-export.ts';
import { openMemoryStateStore } from '../../shared/testing/memory-state-store.ts';
import { ask, examplesOf, requestsIn, unrecorded, type Asking } from './__fixtures__/recorded.ts';
import { populate, twoArtifacts } from './__fixtures__/populated-tenant.ts';
import { ADMIN, startTestApi, type TestApi } from './__fixtures__/test-api.ts';
import type { Pool } from './__fixtures__/generated-requests.ts';
import { mountRoutes } from './mount-routes.ts';
import { problemHandler } from './problems.ts';
import { RateLimiter } from './rate-limits.ts';
import { collectBody } from './request-body.ts';
import { changes } from './request-record.ts';
import { ROUTES } from './route-table.ts';
import { route, type Route } from './route.ts';
import { RunFeeds } from './run-feed.ts';

/** What these show is on every list of runs; what happened in a run, and its files, are the content. */
const NO_CONTENT = ['getRun', 'getRunUsage', 'listArtifacts'];
let nowMs = Date.parse('2026-11-27T08:00:00.000Z');
const clock = { ...systemClock, nowMs: () => nowMs, iso: () => new Date(nowMs).toISOString() };
let api: TestApi;
let pool: Pool;
let asking: Asking;

beforeEach(async () => {
  api = await startTestApi({ artifacts: twoArtifacts(), clock });
  pool = await populate(api, 'local', 'mark', 3);
  asking = { url: api.url, store: api.store, key: ADMIN, actor: 'user:local', tenantId: 'local' };
});
afterEach(async () => api.close());

const requests = async () => requestsIn(api.store, 'local');
const routeOf = (operationId: string): Route => {
  const found = ROUTES.find((each) => each.operationId === operationId);
  if (!found) throw new Error(`no route ${operationId}`);
  return found;
};
const read = async (key: string, path: string) => {
  const response = await fetch(`${api.url}${path}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  await response.arrayBuffer();
  return response.status;
};

/** The routes of a table of the test's own, beside the same store. */
async function serving(routes: readonly Route[], work: (url: string) => Promise<void>) {
  const app = express();
  app.use(collectBody());
  const context = {
    ...api.deps,
    runFeeds: new RunFeeds(api.deps),
    describe: () => ({ document: {}, page: '', policy: '' }),
  };
  mountRoutes(app, routes, context, new RateLimiter({ perPrincipal: 1e6, perTenant: 1e6 }));
  app.use(problemHandler(silentLogger));
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  const address = server.address();
  try {
    await work(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('every changing route', () => {
  it('leaves an entry: who, what, when, result', async () => {
    expect(await unrecorded(asking, ROUTES, examplesOf(pool))).toEqual([]);
    const log = JSON.stringify(await api.store.query({ collection: tenantLogPath('local') }));
    for (const value of ['hunter2', 'mark value', 'rdx.local', 'whsec_'])
      expect(log).not.toContain(value);
    expect((await requests()).at(-1)).toMatchObject({ actor: 'user:local' });
    const key = noteKey('rodex/test', Buffer.alloc(32, 1));
    const { tenantLog } = await verifyTenant(
      { store: api.store, archive: new MemoryArchive(), key },
      'local',
    );
    expect(tenantLog).toMatchObject({ ok: true });
  });

  it('is told from one that forgets to, has no example, or asks nobody who they are', async () => {
    const kept: string[] = [];
    const forgets = route({
      operationId: 'forgets',
      method: 'post',
      path: '/v1/forgets',
      tag: 'identity',
      summary: 'Says that it is in the log of a run, and is not',
      access: 'tenant.manage',
      recordedIn: 'run-log',
      replies: { 204: { description: 'done' } },
      handle: async () => {
        kept.push('changed');
        return { status: 204 };
      },
    });
    const { recordedIn: _declared, ...undeclared } = forgets;
    const routes: Route[] = [
      forgets,
      { ...undeclared, operationId: 'isNew', path: '/v1/new' },
      { ...undeclared, operationId: 'unknown', path: '/v1/unknown' },
      { ...undeclared, operationId: 'open', path: '/v1/open', access: 'public' },
    ];
    const examples = {
      forgets: { path: '/v1/forgets' },
      isNew: { path: '/v1/new' },
      open: { path: '/v1/open' },
    };
    await serving(routes, async (url) => {
      expect(await unrecorded({ ...asking, url }, routes, examples)).toEqual([
        'unknown: has no example',
        'forgets: no entry in the log of a run',
        'open: nobody is asked who they are',
      ]);
    });
    expect(kept).toHaveLength(2);
  });

  it('leaves one when it is refused, and changes nothing', async () => {
    const key = await api.keyOf('viewer');
    const examples = examplesOf(pool);
    const forbidden = ROUTES.filter(
      ({ access, method }) =>
        changes({ method }) && access !== 'signed-in' && access !== 'runs.read',
    );
    const before = (await requests()).length;
    for (const each of forbidden) {
      const example = examples[each.operationId];
      if (!example) throw new Error(each.operationId);
      expect((await ask(api.url, key, each, example)).status, each.operationId).toBe(403);
    }
    const refused = (await requests()).slice(before);
    expect(refused.map(({ event }) => event.operation)).toEqual(
      forbidden.map(({ operationId }) => operationId),
    );
    for (const { actor, event } of refused) {
      expect(actor).toMatch(/^key:key_/);
      expect(event).toMatchObject({ result: 'refused', code: 'permission_denied' });
    }
    expect(refused.find(({ event }) => event.operation === 'removeMember')?.event.target).toBe(
      '/v1/members/mark-0@example.com',
    );
  });

  it('says how it failed, and what was made', async () => {
    const before = (await requests()).length;
    await ask(api.url, ADMIN, { method: 'delete' }, { path: '/v1/members/nobody@example.com' });
    const body = { name: 'ci', role: 'operator' };
    const made = await ask(api.url, ADMIN, { method: 'post' }, { path: '/v1/api-keys', body });
    const [, failed, begun, done] = (await requests()).slice(before).map(({ event }) => event);
    expect(failed).toMatchObject({ result: 'failed', code: 'not_found' });
    expect(begun).toMatchObject({ details: { name: 'ci', role: 'operator' } });
    expect(done).toMatchObject({ made: made.headers.get('location') });
  });

  it('is not done when it cannot be recorded', async () => {
    const store = openMemoryStateStore();
    const broken = await startTestApi({
      store: {
        get: store.get.bind(store),
        query: store.query.bind(store),
        watch: store.watch.bind(store),
        close: store.close.bind(store),
        commit: async (writes) => {
          if (writes.some(({ path }) => path.includes('/tenantLog/')))
            throw new AppError('store_unavailable', 'away', { retryable: true });
          return store.commit(writes);
        },
      },
    });
    try {
      const example = { path: '/v1/members/new@example.com', body: { role: 'admin' } };
      expect((await ask(broken.url, ADMIN, routeOf('setMember'), example)).status).toBe(503);
      expect(await store.get('tenants/local/members/new@example.com')).toBeUndefined();
    } finally {
      await broken.close();
    }
  });

  it('of many at once each has its entries', async () => {
    const before = (await requests()).length;
    const statuses = await Promise.all(
      Array.from({ length: 30 }, async (_each, index) => {
        const example = { path: `/v1/members/m${index}@example.com`, body: { role: 'viewer' } };
        return (await ask(api.url, ADMIN, routeOf('setMember'), example)).status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([201]));
    expect(await requests()).toHaveLength(before + 60);
  });
});

describe('reading what happened in a run', () => {
  const runId = () => pool['runId']?.[0] ?? '';

  it('is declared by every route that shows content', () => {
    const showing = ROUTES.filter(
      ({ method, path }) => method === 'get' && /^\/v1\/(runs\/\{runId\}|downloads)/.test(path),
    );
    expect(showing.filter(({ reads }) => !reads).map(({ operationId }) => operationId)).toEqual(
      NO_CONTENT,
    );
    expect(showing.length).toBeGreaterThan(NO_CONTENT.length + 4);
  });

  it('is on record when the run is another’s: once in ten minutes for each reader and route', async () => {
    const auditor = await api.keyOf('auditor');
    const before = (await requests()).length;
    for (let times = 0; times < 3; times += 1)
      for (const path of ['log', 'poll?waitMs=0', 'audit', 'artifacts/page.html'])
        expect(await read(auditor, `/v1/runs/${runId()}/${path}`)).toBe(200);
    const seen = (await requests()).slice(before);
    expect(seen.map(({ event }) => event.operation)).toEqual([
      'getRunLog',
      'pollRun',
      'auditRun',
      'getArtifact',
    ]);
    expect(seen[0]?.event).toEqual({
      type: 'request',
      operation: 'getRunLog',
      target: `/v1/runs/${runId()}/log`,
      result: 'done',
    });
    expect(await read(await api.keyOf('viewer'), `/v1/runs/${runId()}/log`)).toBe(200);
    expect(await requests()).toHaveLength(before + 5);
    nowMs += 600_000;
    expect(await read(auditor, `/v1/runs/${runId()}/log`)).toBe(200);
    expect(await requests()).toHaveLength(before + 6);
  });

  it('is not, when it is one’s own', async () => {
    const before = (await requests()).length;
    for (const path of ['log', 'audit', 'artifacts/page.html'])
      expect(await read(ADMIN, `/v1/runs/${runId()}/${path}`)).toBe(200);
    expect(await requests()).toHaveLength(before);
  });

  it('is on record with a link, and the link is not', async () => {
    const before = (await requests()).length;
    const token = pool['token']?.[0] ?? '';
    expect((await fetch(`${api.url}/v1/downloads/${token}`)).status).toBe(200);
    const [entry] = (await requests()).slice(before);
    expect(entry).toMatchObject({ actor: 'link:unknown', event: { operation: 'downloadLinked' } });
    expect(JSON.stringify(entry)).not.toContain(token.slice(0, 20));
    expect((await fetch(`${api.url}/v1/downloads/${token}x`)).status).toBe(404);
    expect(await requests()).toHaveLength(before + 1);
  });

  it('is on record when it is refused', async () => {
    const before = (await requests()).length;
    const viewer = await api.keyOf('viewer');
    expect(await read(viewer, `/v1/runs/${runId()}/audit`)).toBe(403);
    expect(await read(viewer, '/v1/members')).toBe(403);
    expect((await requests()).slice(before).map(({ event }) => event)).toMatchObject([
      { operation: 'auditRun', result: 'refused' },
      { operation: 'listMembers', result: 'refused', target: '/v1/members' },
    ]);
  });
});
