import type { ArtifactStore } from '../../../shared/artifacts/artifact-store.ts';
import { runPath } from '../../../shared/contracts/paths.ts';
import { RunRequest, type Run } from '../../../shared/contracts/run.ts';
import type { Message } from '../../../shared/contracts/message.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { silentLogger } from '../../../shared/core/logger.ts';
import { isFinal } from '../../../shared/runs/run-machine.ts';
import type { StateStore } from '../../../shared/state/state-store.ts';
import {
  MemoryDocuments,
  openMemoryStateStore,
} from '../../../shared/testing/memory-state-store.ts';
import { answerRun } from '../../api/answer-run.ts';
import { createRun } from '../../api/create-run.ts';
import type { ExecutorDeps } from '../../executor/deps.ts';
import { Executor } from '../../executor/executor.ts';
import { createPlanner } from '../../planner/planner.ts';
import { sweep } from '../../scheduler/scheduler.ts';
import { simulatedModel } from './model.ts';
import { SimulatedBus, simulatedStore } from './ports.ts';
import { Counters, SimulatedProcess, type Faults } from './process.ts';
import { ORDER_BUTTON, Shop, SHOP, simulatedBrowsers } from './shop.ts';
import { Simulation } from './simulation.ts';

export const TENANT = 'local';

/** What differs from production: a mechanism taken out, to see that the invariants notice. */
export interface Mutation {
  readonly store?: (store: StateStore) => StateStore;
  readonly executor?: (deps: ExecutorDeps) => ExecutorDeps;
}

export interface Scenario {
  readonly seed: number;
  readonly faults: Faults;
  /** Chance that an act loses its browser; that a stream breaks or falls silent. */
  readonly browserLoss: number;
  readonly modelTrouble: number;
  readonly named: boolean;
  readonly probe: boolean;
  readonly mutation?: Mutation;
}

export interface Played {
  readonly run: Run | undefined;
  readonly store: StateStore;
  readonly shop: Shop;
  readonly counters: Counters;
  readonly deadLetters: readonly { message: Message; reason: string }[];
  readonly virtualMs: number;
}

/** Faults stop after this; then everything must come to its end. */
const CALM_AFTER_MS = 20 * 60_000;
/** What a process that stood still does when it wakes up after the end counts too. */
const AFTERMATH_MS = 150_000;
const LIMIT_MS = 6 * 3_600_000;

/** One run from its request to its end: production's API, planner, executor and scheduler on simulated ports. */
export async function playRun(scenario: Scenario): Promise<Played> {
  const simulation = new Simulation(scenario.seed);
  const counters = new Counters();
  const documents = new MemoryDocuments();
  const bus = new SimulatedBus(simulation);
  const shop = new Shop();
  const files = new Map<string, Uint8Array>();
  const gone = new Set<string>();
  const living = new Set<SimulatedProcess>();
  let starts = 0;

  const start = (kind: string, begin: (process: SimulatedProcess) => void): void => {
    const process = new SimulatedProcess(
      `${kind}-${(starts += 1)}`,
      simulation,
      scenario.faults,
      counters,
    );
    process.calm = simulation.now >= CALM_AFTER_MS;
    living.add(process);
    process.onCrash = () => {
      living.delete(process);
      // Half of the time it is known that the process is gone; otherwise its lease runs out.
      if (simulation.random() < 0.5) gone.add(process.name);
      simulation.schedule(simulation.random() * 20_000, () => start(kind, begin));
    };
    begin(process);
  };
  const portsOf = (process: SimulatedProcess) => {
    const store = simulatedStore(documents, process);
    const { clock } = process;
    return {
      store: scenario.mutation?.store?.(store) ?? store,
      bus: bus.of(process),
      clock,
      log: silentLogger,
    };
  };

  for (const _ of [1, 2])
    start('executor', (process) => {
      const deps: ExecutorDeps = {
        ...portsOf(process),
        secrets: {
          get: async () => undefined,
          set: async () => undefined,
          list: async () => [],
          delete: async () => undefined,
        },
        artifacts: simulatedArtifacts(files, process),
        pool: simulatedBrowsers(shop, process, scenario.browserLoss),
        log: silentLogger,
        holder: process.name,
        isGone: (holder) => gone.has(holder),
      };
      void new Executor(scenario.mutation?.executor?.(deps) ?? deps, { slots: 2 }).start();
    });
  for (const _ of [1, 2])
    start('planner', (process) => {
      const ports = portsOf(process);
      const planner = createPlanner({
        ...ports,
        gemini: simulatedModel(process, scenario.modelTrouble),
        log: silentLogger,
      });
      void ports.bus.subscribe(
        { topic: 'rodex-plan', subscription: 'rodex-plan', maxInFlight: 4 },
        async (message) => {
          if (message.type === 'plan.requested')
            await planner.handle(message, new AbortController().signal);
        },
      );
    });
  start('scheduler', (process) => {
    const ports = portsOf(process);
    void (async () => {
      for (;;) {
        await process.clock.sleep(60_000);
        await sweep({ ...ports, log: silentLogger }).catch(() => undefined);
      }
    })();
  });

  let runId: string | undefined;
  start('client', (process) => {
    void (async () => {
      // A person's client: retries with its idempotency key, answers what it is asked, truthfully.
      const ports = portsOf(process);
      for (;;) {
        const created = await createRun(
          ports,
          { tenantId: TENANT, actor: 'user:test', idempotencyKey: 'once' },
          requestOf(scenario),
        ).catch(() => undefined);
        if (created) {
          runId = created.run.runId;
          break;
        }
        await process.clock.sleep(500);
      }
      for (;;) {
        await process.clock.sleep(1_000 + simulation.random() * 30_000);
        const run = await ports.store.get<Run>(runPath(TENANT, runId)).catch(() => undefined);
        const asked = run?.data.waitingFor;
        if (!asked) continue;
        const answer =
          asked.kind === 'approval' ? 'approve' : shop.orders.length > 0 ? 'acted' : 'not-acted';
        await answerRun(ports, 'user:test', TENANT, runId, {
          requestId: asked.requestId,
          answer,
        }).catch(() => undefined);
      }
    })();
  });

  const truth = openMemoryStateStore({ documents, clock: simulation.clock(() => 0) });
  simulation.schedule(CALM_AFTER_MS, () => {
    for (const process of living) process.calm = true;
  });
  let run: Run | undefined;
  let looked = -1;
  let endedAt = Infinity;
  const over = (): boolean => {
    if (runId !== undefined && documents.writes !== looked) {
      looked = documents.writes;
      const json = documents.documents.get(runPath(TENANT, runId))?.json;
      if (json !== undefined) run = JSON.parse(json) as Run;
      if (run && isFinal(run)) endedAt = Math.min(endedAt, simulation.now);
    }
    return simulation.now > endedAt + AFTERMATH_MS;
  };
  await simulation.run(over, LIMIT_MS);
  for (const process of living) process.alive = false;
  return {
    run,
    store: truth,
    shop,
    counters,
    deadLetters: bus.deadLetters,
    virtualMs: simulation.now,
  };
}

function requestOf({ named, probe }: Scenario): RunRequest {
  return RunRequest.parse({
    goal: 'order paper',
    url: `${SHOP}/`,
    inputs: { reference: 'REF-1' },
    contract: {
      navigate: [SHOP],
      commits: named ? [{ name: ORDER_BUTTON }] : [],
      probes: probe
        ? [
            {
              commit: ORDER_BUTTON,
              url: `${SHOP}/orders`,
              text: '{{input.reference}}',
              absent: 'No orders',
            },
          ]
        : [],
      budgets: { steps: 5_000, turns: 1_000, timeMs: 5 * 3_600_000 },
      waitMs: 86_400_000,
    },
  });
}

function simulatedArtifacts(
  files: Map<string, Uint8Array>,
  process: SimulatedProcess,
): ArtifactStore {
  const metadata = (name: string) => ({
    name,
    bytes: 1,
    digest: 'sha256:0',
    mediaType: 'application/json',
  });
  return {
    put: async (_tenant, _run, name, content) => {
      await process.cross();
      files.set(name, content as Uint8Array);
      await process.cross();
      return metadata(name);
    },
    get: async (_tenant, _run, name) => {
      await process.cross();
      const content = files.get(name);
      if (!content) throw new AppError('not_found', `no artifact ${name}`);
      return { metadata: metadata(name), content };
    },
    list: async () => [],
  };
}
