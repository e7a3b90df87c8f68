import { expect, it } from 'vitest';

import { runsPath, tenantPath } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { TaskContract } from '../../shared/contracts/task-contract.ts';
import { systemClock } from '../../shared/core/clock.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { RunJournal } from '../../shared/journal/run-journal.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import { memoryVault } from '../../shared/testing/memory-vault.ts';
import { finish, ORIGIN, world, type World } from './__fixtures__/world.ts';

let count = 0;
const start = async ({ store, bus }: World, tenantId: string): Promise<string> => {
  count += 1;
  const runId = `run_${String(count).padStart(20, '0')}`;
  const deps = { store, bus, vault: memoryVault(), clock: systemClock, log: silentLogger };
  await RunJournal.create(deps, 'user:test', tenantId, runId, {
    type: 'run.created',
    goal: 'read',
    inputs: {},
    labels: {},
    url: `${ORIGIN}/`,
    contract: TaskContract.parse({ navigate: [ORIGIN] }),
  });
  return runId;
};
const runsOf = async ({ store }: World, tenantId: string): Promise<Run[]> =>
  (await store.query<Run>({ collection: runsPath(tenantId) })).map(({ data }) => data);
/** Called after each change of a run, until it says that it is over. */
const watch = async ({ store }: World, look: () => Promise<boolean>): Promise<void> =>
  new Promise((resolve, reject) => {
    const unwatch = store.watch('tenants', () => {
      look().then((over) => {
        if (!over) return;
        unwatch();
        resolve();
      }, reject);
    });
  });

it('a tenant with a hundred queued runs does not delay the first run of another', async () => {
  const here = await world(() => ({ steps: [finish] }));
  for (let each = 0; each < 100; each += 1) await start(here, 'acme');
  let waited: string[] = [];
  let other = '';
  const over = watch(here, async () => {
    const acme = await runsOf(here, 'acme');
    // Every slot has been used, and others wait: now somebody else comes.
    if (other === '' && acme.filter(isFinal).length >= 4) {
      other = 'coming';
      waited = acme.filter(({ status }) => status === 'queued').map(({ runId }) => runId);
      other = await start(here, 'globex');
    }
    const [globex] = await runsOf(here, 'globex');
    return globex !== undefined && isFinal(globex);
  });
  await here.executor().start();
  await over;
  const acme = await runsOf(here, 'acme');
  const before = waited.filter((runId) => acme.some((run) => run.runId === runId && isFinal(run)));
  // Two slots: what was under way came first, and little else.
  expect(waited.length).toBeGreaterThan(85);
  expect(before.length).toBeLessThanOrEqual(6);
});

it.each([
  ['one at a time under a quota of one: the others wait as queued and start as it ends', 1, 1],
  ['as many as there are slots where there is no quota', undefined, 2],
])('runs %s', async (_what, concurrentRuns, expected) => {
  const here = await world(() => ({ steps: [{ action: 'scroll', dy: 10 }, finish] }));
  const at = systemClock.iso();
  const tenant = {
    schemaVersion: 1,
    tenantId: 'acme',
    name: 'acme',
    quotas: { ...(concurrentRuns !== undefined && { concurrentRuns }) },
    runTopic: { enabled: false, role: 'operator', replyTopics: [] },
    createdBy: 'user:root',
    createdAt: at,
    updatedAt: at,
  };
  await here.store.commit([{ op: 'create', path: tenantPath('acme'), data: tenant }]);
  for (let each = 0; each < 8; each += 1) await start(here, 'acme');
  let most = 0;
  const over = watch(here, async () => {
    const runs = await runsOf(here, 'acme');
    const moving = runs.filter(({ status }) => status === 'acting' || status === 'planning');
    most = Math.max(most, moving.length);
    return runs.every(isFinal);
  });
  await here.executor().start();
  await over;
  const ended = (await runsOf(here, 'acme')).map(({ status }) => status);
  expect(ended).toEqual(Array(8).fill('succeeded'));
  expect(most).toBe(expected);
});
