import { createServer } from 'node:http';

import { afterEach, expect, it } from 'vitest';

import { TaskContract } from '../../shared/contracts/task-contract.ts';
import { runPath } from '../../shared/contracts/paths.ts';
import type { ArtifactStore } from '../../shared/artifacts/artifact-store.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { systemClock } from '../../shared/core/clock.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { RunJournal } from '../../shared/journal/run-journal.ts';
import { openMemoryMessageBus } from '../../shared/testing/memory-message-bus.ts';
import { openMemoryStateStore } from '../../shared/testing/memory-state-store.ts';
import { memoryVault } from '../../shared/testing/memory-vault.ts';
import { createSchedulerFunction } from '../scheduler/scheduler.ts';
import { startFunctionHost, type FunctionHost } from './function-host.ts';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';

const noArtifacts: Pick<ArtifactStore, 'list' | 'removeRun'> = {
  list: async () => [],
  removeRun: async () => undefined,
};

const RUN = 'run_00000000000000000000';
const signal = new AbortController().signal;
let host: FunctionHost | undefined;
afterEach(async () => host?.close());

it('calls functions by name, and nothing that it does not have', async () => {
  const echo = createServer((_request, response) => response.writeHead(204).end());
  host = await startFunctionHost({ echo });
  expect(await host.call('echo', '{}', { signal })).toMatchObject({ status: 204 });
  expect(await host.call('constructor', '{}', { signal })).toMatchObject({ status: 404 });
});

it('ends a run that nobody answered, by the tick that Cloud Scheduler would send, and sweeps past a run that it cannot read', async () => {
  const store = openMemoryStateStore();
  const bus = openMemoryMessageBus();
  const deps = {
    store,
    bus,
    artifacts: noArtifacts,
    vault: memoryVault(),
    clock: systemClock,
    log: silentLogger,
  };
  const journal = await RunJournal.create(deps, 'test', 'local', RUN, {
    type: 'run.created',
    goal: 'x',
    inputs: {},
    labels: {},
    contract: TaskContract.parse({ navigate: ['https://portal.example'] }),
  });
  await journal.append(() => [
    { type: 'lease.taken', leaseEpoch: 1, holder: 'h', takeover: false },
    {
      type: 'human.requested',
      leaseEpoch: 1,
      request: {
        requestId: 'ask_1',
        kind: 'input',
        question: 'q',
        facts: {},
        askedAt: '2026-01-01T00:00:00.000Z',
        expiresAt: '2026-01-02T00:00:00.000Z',
      },
    },
  ]);
  // Written by a newer release, and first in order.
  const newer = { ...journal.run, runId: 'run_00000000000000000001', schemaVersion: 2 };
  await store.commit([
    {
      op: 'create',
      path: 'tenants/earlier/runs/run_00000000000000000001',
      data: { ...newer, tenantId: 'earlier' },
    },
  ]);
  http('scheduler-under-test', createSchedulerFunction(deps));
  host = await startFunctionHost({ scheduler: getTestServer('scheduler-under-test') });
  expect(await host.call('scheduler', '{}', { signal })).toMatchObject({ status: 200 });
  const run = await store.get<Run>(runPath('local', RUN));
  expect(run?.data).toMatchObject({ status: 'expired', error: { code: 'run_expired' } });
});
