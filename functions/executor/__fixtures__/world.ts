import { afterEach } from 'vitest';

import type { MessageBus } from '../../../shared/bus/message-bus.ts';
import type { LogEvent } from '../../../shared/contracts/log-entry.ts';
import { runPath } from '../../../shared/contracts/paths.ts';
import type { Run } from '../../../shared/contracts/run.ts';
import { TaskContract } from '../../../shared/contracts/task-contract.ts';
import { systemClock, type Clock } from '../../../shared/core/clock.ts';
import { silentLogger } from '../../../shared/core/logger.ts';
import { RunJournal } from '../../../shared/journal/run-journal.ts';
import { readRunLog } from '../../../shared/journal/run-log.ts';
import type { SecretStore } from '../../../shared/secrets/secret-store.ts';
import type { StateStore } from '../../../shared/state/state-store.ts';
import { openMemoryMessageBus } from '../../../shared/testing/memory-message-bus.ts';
import { openMemoryStateStore } from '../../../shared/testing/memory-state-store.ts';
import { memoryVault } from '../../../shared/testing/memory-vault.ts';
import type { ExecutorDeps } from '../deps.ts';
import { Executor } from '../executor.ts';
import { FakeBrowser, type FakePage } from './fake-browser.ts';
import { startFakePlanner, type FakePlan } from './fake-planner.ts';

export const RUN = 'run_00000000000000000000';
export const ORIGIN = 'https://portal.example';
export const finish = { action: 'finish' as const, status: 'success' as const, summary: 'done' };
export const pay = { action: 'click' as const, target: 'e1' };
export const payFacts: FakePage['facts'] = (action) =>
  action.action === 'click'
    ? {
        name: 'Pay',
        submits: true,
        form: { method: 'post', action: `${ORIGIN}/pay`, hasPassword: false, scripted: false, fields: [] },
      }
    : {};

const NO_SECRETS: SecretStore = {
  get: async () => undefined,
  set: async () => undefined,
  list: async () => [],
  delete: async () => undefined,
};

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).toReversed()) await resource.close();
});

/** An executor with a fake browser and planner on in-memory twins of the platform. */
export interface World {
  readonly store: StateStore;
  readonly bus: MessageBus;
  readonly browser: FakeBrowser;
  /** Artifacts by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly executor: () => Executor;
  start(contract?: Partial<TaskContract>): Promise<RunJournal>;
  journal(): Promise<RunJournal>;
  events(): Promise<LogEvent[]>;
  until(holds: (run: Run) => boolean): Promise<Run>;
}

export async function world(
  plan: (planEpoch: number) => FakePlan,
  page: Partial<FakePage> = {},
  clock: Clock = systemClock,
  vault = memoryVault(),
  secrets: SecretStore = NO_SECRETS,
): Promise<World> {
  const store = openMemoryStateStore();
  const bus = openMemoryMessageBus({
    subscriptions: [
      { topic: 'rodex-plan', subscription: 'rodex-plan' },
      { topic: 'rodex-steps', subscription: 'rodex-steps' },
    ],
  });
  const browser = new FakeBrowser(page);
  const files = new Map<string, Uint8Array>();
  const gone = new Set<string>();
  const deps: ExecutorDeps = {
    store,
    bus,
    vault,
    secrets,
    artifacts: {
      put: async (_tenant, _run, name, content) => {
        files.set(name, content as Uint8Array);
        return { name, bytes: 1, digest: 'sha256:0', mediaType: 'text/plain' };
      },
      get: async (_tenant, _run, name) => ({
        metadata: { name, bytes: 1, digest: '', mediaType: '' },
        content: files.get(name) ?? new Uint8Array(),
      }),
      list: async () => [],
      link: async () => undefined,
    removeRun: async () => undefined,
    },
    pool: browser,
    clock,
    log: silentLogger,
    holder: 'first',
    isGone: (holder) => gone.has(holder),
  };
  let count = 0;
  open.push(await startFakePlanner(store, bus, plan));
  const journalDeps = { store, bus, vault, clock: systemClock, log: silentLogger };
  return {
    store,
    bus,
    browser,
    files,
    executor: () => {
      if (count > 0) gone.add(`executor-${count}`);
      count += 1;
      const executor = new Executor({ ...deps, holder: `executor-${count}` }, { slots: 2 });
      open.push({ close: async () => executor.stop() });
      return executor;
    },
    start: async (contract = {}) =>
      RunJournal.create(journalDeps, 'user:test', 'local', RUN, {
        type: 'run.created',
        goal: 'pay',
        inputs: {},
        labels: {},
        url: `${ORIGIN}/`,
        contract: TaskContract.parse({ navigate: [ORIGIN], ...contract }),
      }),
    journal: async () => RunJournal.open(journalDeps, 'user:test', 'local', RUN),
    events: async () =>
      (await readRunLog({ store, vault }, 'local', RUN)).map(({ event }) => event),
    until: async (holds) =>
      new Promise((resolve) => {
        const unwatch = store.watch(runPath('local', RUN), () => {
          void store.get<Run>(runPath('local', RUN)).then((document) => {
            if (!document || !holds(document.data)) return;
            unwatch();
            resolve(document.data);
          });
        });
      }),
  };
}

