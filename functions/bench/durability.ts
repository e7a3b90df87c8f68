import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { MessageBus } from '../../shared/bus/message-bus.ts';
import { runPath } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { TaskContract } from '../../shared/contracts/task-contract.ts';
import { readConfig } from '../../shared/core/config.ts';
import { AppError } from '../../shared/core/errors.ts';
import { randomId } from '../../shared/core/ids.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { RunJournal } from '../../shared/journal/run-journal.ts';
import { openPlatform } from '../../shared/platform/open-platform.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import type { StateStore } from '../../shared/state/state-store.ts';
import { openMemoryMessageBus } from '../../shared/testing/memory-message-bus.ts';
import { openMemoryStateStore } from '../../shared/testing/memory-state-store.ts';
import { Executor } from '../executor/executor.ts';
import { createPlanner } from '../planner/planner.ts';
import { atMost, median, type BenchOptions, type BenchResult } from './bench-result.ts';
import { instantBrowsers } from './durability/instant-browser.ts';
import { scriptedModel } from './durability/script-model.ts';
import { takeoverMs } from './durability/takeover.ts';

const ORIGIN = 'https://nowhere.example';
const TENANT = 'local';
const FEW = 10;
const MANY = 60;

interface Count {
  batches: number;
  messages: number;
}

interface Played {
  readonly ms: number;
  readonly executor: Count;
  readonly planner: Count;
}

/** Batches but for the lease's own renewals, and messages. The handicap writes and publishes everything once more. */
function counted(
  { store, bus }: { store: StateStore; bus: MessageBus },
  count: Count,
  handicap: boolean,
): { store: StateStore; bus: MessageBus } {
  return {
    store: {
      commit: async (writes) => {
        if (!writes.every(({ path }) => path.includes('/lease/'))) {
          count.batches += 1;
          if (handicap) {
            count.batches += 1;
            await store.commit([
              { op: 'create', path: `tenants/${TENANT}/handicap/${randomId('x')}`, data: {} },
            ]);
          }
        }
        return store.commit(writes);
      },
      get: async (path) => store.get(path),
      query: async (query) => store.query(query),
      watch: (prefix, onChange) => store.watch(prefix, onChange),
      close: async () => undefined,
    },
    bus: {
      publish: async (message) => {
        count.messages += handicap ? 2 : 1;
        if (handicap) await bus.publish(message);
        return bus.publish(message);
      },
      subscribe: async (options, handler) => bus.subscribe(options, handler),
      send: async (letter) => bus.send(letter),
      receive: async (options, handler) => bus.receive(options, handler),
      deadLetters: async (subscription) => bus.deadLetters(subscription),
      setAside: async (...rest) => bus.setAside(...rest),
      close: async () => undefined,
    },
  };
}

/** One run of so many steps without a browser. */
async function play(platform: Platform, steps: number, handicap: boolean): Promise<Played> {
  const executor: Count = { batches: 0, messages: 0 };
  const planner: Count = { batches: 0, messages: 0 };
  const acting = counted(platform, executor, handicap);
  const planning = counted(platform, planner, handicap);
  const plans = createPlanner({
    ...platform,
    ...planning,
    gemini: scriptedModel(steps),
    log: silentLogger,
  });
  const subscription = await platform.bus.subscribe(
    { topic: 'rodex-plan', subscription: 'rodex-plan', maxInFlight: 4 },
    async (message) => {
      if (message.type === 'plan.requested')
        await plans.handle(message, new AbortController().signal);
    },
  );
  const runs = new Executor(
    { ...platform, ...acting, pool: instantBrowsers(ORIGIN), log: silentLogger, holder: 'bench' },
    { slots: 1 },
  );
  await runs.start();
  const runId = randomId('run');
  const started = performance.now();
  await RunJournal.create({ ...platform, log: silentLogger }, 'user:bench', TENANT, runId, {
    type: 'run.created',
    goal: 'scroll',
    url: `${ORIGIN}/`,
    inputs: {},
    labels: {},
    contract: TaskContract.parse({ navigate: [ORIGIN], budgets: { steps: 1_000 } }),
  });
  const run = await ended(platform.store, runId);
  const ms = performance.now() - started;
  await runs.stop();
  await subscription.close();
  if (run.status !== 'succeeded')
    throw new AppError('internal', `the run ${run.status}: ${run.error?.message ?? ''}`);
  return { ms, executor, planner };
}

async function ended(store: StateStore, runId: string): Promise<Run> {
  return new Promise((resolve) => {
    const path = runPath(TENANT, runId);
    const unwatch = store.watch(path, () => {
      void store.get<Run>(path).then((document) => {
        if (!document || !isFinal(document.data)) return;
        unwatch();
        resolve(document.data);
      });
    });
  });
}

/** What a step costs that only durability asks for, and how long a run stands after its executor ended. */
export async function benchDurability({
  repeat,
  handicapMs,
  note,
}: BenchOptions): Promise<BenchResult> {
  const handicap = handicapMs > 0;
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'rodex-durability-'));
  stack.defer(async () => rm(dataDir, { recursive: true, force: true }));
  const disk = await openPlatform({ ...readConfig(), platform: 'embedded', dataDir });
  stack.defer(async () => disk.close());
  const memory: Platform = {
    ...disk,
    store: openMemoryStateStore(),
    bus: openMemoryMessageBus({
      subscriptions: [
        { topic: 'rodex-plan', subscription: 'rodex-plan' },
        { topic: 'rodex-steps', subscription: 'rodex-steps' },
      ],
    }),
  };
  const perStep = (few: number, many: number): number => (many - few) / (MANY - FEW);
  const sides = { disk: [] as number[], memory: [] as number[] };
  let executor: Count = { batches: 0, messages: 0 };
  let planner: Count = { batches: 0, messages: 0 };
  for (let round = 0; round < repeat; round += 1)
    for (const [name, platform] of [['memory', memory] as const, ['disk', disk] as const]) {
      const few = await play(platform, FEW, handicap);
      const many = await play(platform, MANY, handicap);
      sides[name].push(perStep(few.ms, many.ms));
      const of = (side: 'executor' | 'planner'): Count => ({
        batches: perStep(few[side].batches, many[side].batches),
        messages: perStep(few[side].messages, many[side].messages),
      });
      executor = of('executor');
      planner = of('planner');
    }
  note('takeover after SIGKILL, where nobody can know that the process is gone …');
  const late = (ms: number): number => (handicap ? ms : 0);
  const killed = await takeoverMs('SIGKILL', { remote: true, lateMs: late(35_000) });
  const here = await takeoverMs('SIGKILL', { remote: false, lateMs: 0 });
  note('takeover after SIGTERM …');
  const told = await takeoverMs('SIGTERM', { remote: true, lateMs: late(3_000) });
  const added = median(sides.disk) - median(sides.memory);
  const round = (value: number): number => Math.round(value * 100) / 100;
  return {
    bench: 'durability',
    versions: { node: process.version },
    rows: [
      { what: 'batches a step, executor (intent, outcome)', value: round(executor.batches) },
      { what: 'batches a step, planner (the item)', value: round(planner.batches) },
      { what: 'messages a step', value: round(executor.messages + planner.messages) },
      { what: 'ms a step on disk', value: round(median(sides.disk)) },
      { what: 'ms a step in memory', value: round(median(sides.memory)) },
      { what: 'ms that durability adds to a step', value: round(added) },
      { what: 'takeover after SIGKILL, lease runs out, ms', value: Math.round(killed) },
      { what: 'takeover after SIGKILL, on the same machine, ms', value: Math.round(here) },
      { what: 'takeover after SIGTERM, ms', value: Math.round(told) },
    ],
    targets: [
      atMost('batches_per_step', 2, executor.batches),
      atMost('messages_per_step', 1, executor.messages + planner.messages),
      atMost('takeover_sigkill_ms', 35_000, killed),
      atMost('takeover_sigterm_ms', 3_000, told),
    ],
  };
}
