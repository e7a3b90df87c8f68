import { isDeepStrictEqual } from 'node:util';

import { logPath, runsPath, tenantLogPath } from '../../../shared/contracts/paths.ts';
import type { StoredLogEntry } from '../../../shared/contracts/stored-log-entry.ts';
import type { TenantEvent } from '../../../shared/contracts/tenant-event.ts';
import type { StateStore } from '../../../shared/state/state-store.ts';
import { changes } from '../request-record.ts';
import type { Route } from '../route.ts';
import type { Pool } from './generated-requests.ts';

export interface Example {
  readonly path: string;
  readonly body?: unknown;
}
export type Examples = Readonly<Record<string, Example>>;
export type RequestEvent = Extract<TenantEvent, { type: 'request' }>;
interface Recorded {
  readonly seq: number;
  readonly actor: string;
  readonly event: RequestEvent;
}

/** A request that succeeds for each changing route, in an order in which none takes the ground from under another. */
export function examplesOf(pool: Pool): Examples {
  const one = (name: string, index = 0): string => encodeURIComponent(pool[name]?.[index] ?? '?');
  const run = { goal: 'g', url: 'https://portal.example/' };
  return {
    createRun: { path: '/v1/runs', body: run },
    pauseRun: { path: `/v1/runs/${one('runId', 1)}/pause`, body: {} },
    resumeRun: { path: `/v1/runs/${one('runId', 1)}/resume` },
    cancelRun: { path: `/v1/runs/${one('runId', 3)}/cancel`, body: {} },
    answerRun: {
      path: `/v1/runs/${one('runId', 2)}/answers`,
      body: { requestId: 'ask_1', answer: 'deny' },
    },
    decideApproval: {
      path: `/v1/runs/${one('runId', 6)}/approvals/ask_1`,
      body: { decision: 'deny', commitDigest: 'sha256:1' },
    },
    takeOverInput: {
      path: `/v1/runs/${one('runId', 10)}/take-over/inputs`,
      body: { do: 'press', key: 'Enter' },
    },
    linkArtifact: { path: `/v1/runs/${one('runId')}/artifacts/page.html/link`, body: {} },
    createTemplate: {
      path: '/v1/templates',
      body: { name: 'new', goal: 'g', contract: { navigate: ['https://portal.example'] } },
    },
    retireTemplate: { path: `/v1/templates/${one('template')}` },
    setSchedule: { path: '/v1/schedules/new', body: { cron: '0 9 * * *', run } },
    pauseSchedule: { path: `/v1/schedules/${one('name')}`, body: { paused: true } },
    removeSchedule: { path: `/v1/schedules/${one('name')}` },
    setSecret: {
      path: '/v1/secrets/new',
      body: { value: 'hunter2', origins: ['https://portal.example'] },
    },
    removeSecret: { path: `/v1/secrets/${one('name')}` },
    createApiKey: { path: '/v1/api-keys', body: { name: 'new', role: 'viewer' } },
    rotateApiKey: { path: `/v1/api-keys/${one('keyId')}/rotate`, body: {} },
    revokeApiKey: { path: `/v1/api-keys/${one('keyId', 1)}` },
    setMember: { path: '/v1/members/new@example.com', body: { role: 'approver' } },
    removeMember: { path: `/v1/members/${one('email')}` },
    createWebhook: {
      path: '/v1/webhooks',
      body: { name: 'new', url: 'https://hooks.example/with/hunter2' },
    },
    changeWebhook: { path: `/v1/webhooks/${one('webhookId')}`, body: { name: 'changed' } },
    rotateWebhook: { path: `/v1/webhooks/${one('webhookId')}/rotate`, body: {} },
    replayDelivery: { path: `/v1/webhook-deliveries/${one('deliveryId')}/replay` },
    removeWebhook: { path: `/v1/webhooks/${one('webhookId')}` },
    setTenant: { path: '/v1/tenants/local', body: { name: 'Local' } },
  };
}

/** The requests that the tenant's own log holds. */
export async function requestsIn(store: StateStore, tenantId: string): Promise<Recorded[]> {
  const documents = await store.query<StoredLogEntry>({ collection: tenantLogPath(tenantId) });
  return documents.flatMap(({ data: { seq, actor, event } }) =>
    event?.type === 'request' ? [{ seq, actor, event }] : [],
  );
}

async function entriesOfRuns(store: StateStore, tenantId: string, actor: string): Promise<number> {
  const runs = await store.query({ collection: runsPath(tenantId) });
  const logs = await Promise.all(
    runs.map(async ({ data }) =>
      store.query<StoredLogEntry>({ collection: logPath(tenantId, String(data['runId'])) }),
    ),
  );
  return logs.flat().filter(({ data }) => data.actor === actor).length;
}

export async function ask(
  url: string,
  key: string,
  { method }: Pick<Route, 'method'>,
  { path, body }: Example,
): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: method.toUpperCase(),
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

export interface Asking {
  readonly url: string;
  readonly store: StateStore;
  readonly key: string;
  readonly actor: string;
  readonly tenantId: string;
}

/** Asks for what changes something, once for each route, and gives the routes that left no entry: what the gate goes by. */
export async function unrecorded(
  { url, store, key, actor, tenantId }: Asking,
  routes: readonly Route[],
  examples: Examples,
): Promise<string[]> {
  const wrong: string[] = [];
  const changing = routes.filter(changes);
  const order = Object.keys(examples);
  for (const route of changing.toSorted(
    (left, right) => order.indexOf(left.operationId) - order.indexOf(right.operationId),
  )) {
    const { operationId } = route;
    const example = examples[operationId];
    if (!example || route.access === 'public') {
      wrong.push(`${operationId}: ${example ? 'nobody is asked who they are' : 'has no example'}`);
      continue;
    }
    const before = (await requestsIn(store, tenantId)).length;
    const beforeInRuns = await entriesOfRuns(store, tenantId, actor);
    const response = await ask(url, key, route, example);
    if (!response.ok) wrong.push(`${operationId}: ${response.status} ${await response.text()}`);
    await response.body?.cancel();
    const [begun, done, ...more] = (await requestsIn(store, tenantId)).slice(before);
    if (route.recordedIn === 'run-log') {
      if ((await entriesOfRuns(store, tenantId, actor)) === beforeInRuns)
        wrong.push(`${operationId}: no entry in the log of a run`);
      continue;
    }
    const said = {
      actors: [begun?.actor, done?.actor],
      results: [begun?.event.result, done?.event.result],
      operations: [begun?.event.operation, done?.event.operation],
      begun: done?.event.begun,
      more: more.length,
    };
    const right = {
      actors: [actor, actor],
      results: ['begun', 'done'],
      operations: [operationId, operationId],
      begun: begun?.seq,
      more: 0,
    };
    if (!isDeepStrictEqual(said, right)) wrong.push(`${operationId}: ${JSON.stringify(said)}`);
  }
  return wrong;
}
