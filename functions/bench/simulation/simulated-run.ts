import type { ArtifactStore } from '../../../shared/artifacts/artifact-store.ts';
import type { Run } from '../../../shared/contracts/run.ts';
import type { Message } from '../../../shared/contracts/message.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { deterministicId } from '../../../shared/core/ids.ts';
import { silentLogger } from '../../../shared/core/logger.ts';
import type { SecretStore } from '../../../shared/secrets/secret-store.ts';
import type { StateStore } from '../../../shared/state/state-store.ts';
import type { RunVault } from '../../../shared/audit/run-vault.ts';
import {
  MemoryDocuments,
  openMemoryStateStore,
} from '../../../shared/testing/memory-state-store.ts';
import type { ExecutorDeps } from '../../executor/deps.ts';
import { Executor } from '../../executor/executor.ts';
import { createPlanner, type PlannerDeps } from '../../planner/planner.ts';
import { sweep } from '../../scheduler/scheduler.ts';
import { ClearVault } from './clear-vault.ts';
import { simulatedModel } from './model.ts';
import { runOf, simulatedNeighbour } from './neighbour.ts';
import { simulatedPerson } from './person.ts';
import type { Scenario } from './scenario.ts';
import { SimulatedBus, simulatedStore } from './ports.ts';
import { Counters, SimulatedProcess } from './process.ts';
import { simulatedBrowsers } from './shop-session.ts';
import { SECRET, SECRET_VALUE, Shop, SHOP } from './shop.ts';
import { Simulation } from './simulation.ts';
import { NEIGHBOUR, TENANT } from './tenant.ts';

export interface Played {
  readonly scenario: Scenario;
  /** Usually one; more when a request was not known again. */
  readonly runs: readonly Run[];
  /** Of the other tenant. */
  readonly neighbours: readonly Run[];
  readonly store: StateStore;
  readonly vault: RunVault;
  readonly documents: MemoryDocuments;
  readonly shop: Shop;
  /** Quantities that a person approved. */
  readonly approved: readonly string[];
  readonly counters: Counters;
  readonly deadLetters: readonly { message: Message; reason: string }[];
  readonly virtualMs: number;
}

/** Faults stop after this; then everything must come to its end. */
const CALM_AFTER_MS = 20 * 60_000;
/** What a process that stood still, or dragged, does when it goes on after the end counts too. */
const AFTERMATH_MS = 20_000;
const LIMIT_MS = 2 * 3_600_000;
const IDEMPOTENCY_KEY = 'once';
/** Of the run that the client's key stands for. */
const RUN_ID = deterministicId('run', TENANT, IDEMPOTENCY_KEY);

/** One run from its request to its end: production's API, planner, executor and scheduler on simulated ports. */
export async function playRun(scenario: Scenario): Promise<Played> {
  const simulation = new Simulation(scenario.seed);
  const counters = new Counters();
  counters.note = scenario.note;
  const documents = new MemoryDocuments({ copies: scenario.copies ?? false });
  const bus = new SimulatedBus(simulation);
  const vault = new ClearVault();
  const shop = new Shop(scenario.signIn);
  const files = new Map<string, Uint8Array>();
  const gone = new Set<string>();
  const living = new Set<SimulatedProcess>();
  const approved: string[] = [];
  const { mutation = {} } = scenario;
  let starts = 0;

  const start = (kind: string, begin: (process: SimulatedProcess) => void): void => {
    const name = `${kind}-${(starts += 1)}`;
    const process = new SimulatedProcess(name, simulation, scenario.faults, counters);
    process.calm = simulation.now >= CALM_AFTER_MS;
    living.add(process);
    process.onCrash = () => {
      living.delete(process);
      // Half of the time it is known that the process is gone; otherwise its lease runs out.
      if (simulation.random() < 0.5) gone.add(process.name);
      simulation.schedule(simulation.random() * 8_000, () => start(kind, begin));
    };
    begin(process);
  };
  const portsOf = (process: SimulatedProcess) => {
    const store = simulatedStore(documents, process);
    const { clock } = process;
    return {
      store: mutation.store?.(store) ?? store,
      bus: bus.of(process),
      vault,
      clock,
      log: silentLogger,
    };
  };

  for (const _ of [1, 2])
    start('executor', (process) => {
      const faults = { loss: scenario.browserLoss, forgets: scenario.sessionOver };
      const deps: ExecutorDeps = {
        ...portsOf(process),
        secrets: simulatedSecrets(),
        artifacts: simulatedArtifacts(files, process),
        pool: simulatedBrowsers({ shop, process, faults, runId: RUN_ID, facts: mutation.facts }),
        log: silentLogger,
        holder: process.name,
        isGone: (holder) => gone.has(holder),
      };
      void new Executor(mutation.executor?.(deps) ?? deps, { slots: 2 }).start();
    });
  for (const _ of [1, 2])
    start('planner', (process) => {
      const ports = portsOf(process);
      const deps: PlannerDeps = {
        ...ports,
        gemini: simulatedModel(process, scenario.modelTrouble, shop),
        giveWay: async () => process.clock.sleep(0),
        log: silentLogger,
      };
      const planner = createPlanner(mutation.planner?.(deps) ?? deps);
      void ports.bus.subscribe(
        { topic: 'rodex-plan', subscription: 'rodex-plan', maxInFlight: 4 },
        async (message) => {
          if (message.type === 'plan.requested')
            await planner.handle(message, new AbortController().signal);
        },
      );
    });
  if (mutation.withoutScheduler !== true)
    start('scheduler', (process) => {
      const ports = portsOf(process);
      void (async () => {
        for (;;) {
          await process.clock.sleep(60_000);
          await sweep({ ...ports, log: silentLogger }).catch(() => undefined);
        }
      })();
    });
  const runId = { current: undefined as string | undefined };
  start('client', (process) => {
    const key = mutation.withoutIdempotencyKey === true ? undefined : IDEMPOTENCY_KEY;
    void simulatedPerson(process, portsOf(process), { scenario, shop, approved, runId, key });
  });

  if (scenario.neighbour)
    start('neighbour', (process) => void simulatedNeighbour(process, portsOf(process)));

  const truth = openMemoryStateStore({ documents, clock: simulation.clock(() => 0) });
  const calmDown = (): void => {
    for (const process of living) process.calm = true;
  };
  simulation.schedule(CALM_AFTER_MS, calmDown);
  let looked = -1;
  let overAt = Infinity;
  const over = (): boolean => {
    if (documents.writes === looked || runId.current === undefined) return simulation.now > overAt;
    looked = documents.writes;
    if (overAt < Infinity) return false;
    for (const { data } of documents.groups.get('runs')?.values() ?? [])
      if (data['endedAt'] === undefined) return false;
    calmDown();
    overAt = Math.max(simulation.now, ...[...living].map(({ pausedUntil }) => pausedUntil));
    overAt += AFTERMATH_MS;
    return false;
  };
  await simulation.run(over, LIMIT_MS);
  for (const process of living) process.alive = false;
  return {
    scenario,
    runs: runOf(TENANT, documents),
    neighbours: runOf(NEIGHBOUR, documents),
    store: truth,
    vault,
    documents,
    shop,
    approved,
    counters,
    deadLetters: bus.deadLetters,
    virtualMs: simulation.now,
  };
}

function simulatedSecrets(): SecretStore {
  const secret = { name: SECRET, value: SECRET_VALUE, origins: [SHOP], updatedAt: '' };
  return {
    get: async () => secret,
    set: async () => undefined,
    list: async () => [],
    delete: async () => undefined,
  };
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
      await process.cross(`keep ${name}`);
      files.set(name, content as Uint8Array);
      await process.cross('…kept');
      return metadata(name);
    },
    get: async (_tenant, _run, name) => {
      await process.cross(`fetch ${name}`);
      const content = files.get(name);
      if (!content) throw new AppError('not_found', `no artifact ${name}`);
      return { metadata: metadata(name), content };
    },
    list: async () => [],
    link: async () => undefined,
    removeRun: async () => undefined,
  };
}
