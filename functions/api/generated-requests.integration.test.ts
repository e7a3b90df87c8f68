import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { Problem } from '../../shared/contracts/problem.ts';
import { send, requests, type Pool } from './__fixtures__/generated-requests.ts';
import { populate, twoArtifacts } from './__fixtures__/populated-tenant.ts';
import { ADMIN, startTestApi, type TestApi } from './__fixtures__/test-api.ts';
import { ROUTES } from './route-table.ts';

const REQUESTS = 10_000;
const AT_ONCE = 16;
let api: TestApi;
let pool: Pool;

beforeAll(async () => {
  api = await startTestApi({ artifacts: twoArtifacts() });
  pool = await populate(api, 'local', 'mark', 12);
});
afterAll(async () => api.close());

it(
  'answers 10,000 requests made from its schema without one 500, each as its contract says, and each operation at least once with success',
  { timeout: 600_000 },
  async () => {
    const statuses = new Map<string, Map<number, number>>();
    const wrong: string[] = [];
    const generated = fc.sample(requests(pool), { numRuns: REQUESTS, seed: 20261127 });
    // What would take away the ground from under the others comes last.
    const destructive = new Set([
      'revokeApiKey',
      'removeMember',
      'removeSecret',
      'removeSchedule',
      'removeWebhook',
      'retireTemplate',
    ]);
    const ordered = generated.toSorted(
      (left, right) =>
        Number(destructive.has(left.route.operationId)) -
        Number(destructive.has(right.route.operationId)),
    );
    const queue = ordered.values();
    const worker = async (): Promise<void> => {
      for (const request of queue) {
        const { operationId, replies } = request.route;
        const response = await send(api.url, ADMIN, request);
        const of = statuses.get(operationId) ?? new Map<number, number>();
        statuses.set(operationId, of.set(response.status, (of.get(response.status) ?? 0) + 1));
        const type = response.headers.get('content-type') ?? '';
        const said = `${operationId} ${request.path}?${request.query} ${request.body?.slice(0, 300)}: ${response.status}`;
        if (type.includes('event-stream')) {
          await response.body?.cancel();
          continue;
        }
        const text = await response.text();
        if (response.status >= 500) wrong.push(`${said} ${text.slice(0, 300)}`);
        else if (response.status >= 400) {
          if (!type.includes('problem+json') || !Problem.safeParse(JSON.parse(text)).success)
            wrong.push(`${said}: no problem details`);
        } else if (response.status >= 200 && type.includes('application/json')) {
          const parsed = replies[response.status]?.body?.safeParse(JSON.parse(text));
          if (!parsed?.success) wrong.push(`${said}: ${parsed?.error.message ?? 'no such reply'}`);
        } else if (replies[response.status] === undefined) wrong.push(`${said}: no such reply`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    expect(wrong.slice(0, 10)).toEqual([]);
    const total = [...statuses.values()].flatMap((of) => [...of.values()]);
    expect(total.reduce((sum, count) => sum + count, 0)).toBe(REQUESTS);
    const never = ROUTES.filter(({ operationId }) => {
      const seen = [...(statuses.get(operationId)?.keys() ?? [])];
      return !seen.some((status) => status >= 200 && status < 300);
    });
    expect(never.map(({ operationId }) => operationId)).toEqual([]);
    // The control: requests were also spoilt, or nothing was tried.
    const refused = [...statuses.values()].filter((of) =>
      [...of.keys()].some((status) => status >= 400),
    );
    expect(refused.length).toBeGreaterThan(ROUTES.length * 0.7);
  },
);
