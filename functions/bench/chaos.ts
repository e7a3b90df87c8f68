import { violationsOf } from './simulation/invariants.ts';
import { noFaults, type FaultCounts, type FaultKind, type Faults } from './simulation/process.ts';
import { randomOf } from './simulation/simulation.ts';
import type { Mutation, Scenario } from './simulation/scenario.ts';
import { playRun } from './simulation/simulated-run.ts';

export interface Violation {
  readonly seed: number;
  readonly what: string;
}

export interface ChaosResult {
  readonly runs: number;
  readonly succeeded: number;
  readonly faults: FaultCounts;
  readonly violations: readonly Violation[];
  readonly seconds: number;
}

export const NO_FAULTS: Faults = {
  crash: 0,
  slow: 0,
  pause: 0,
  failure: 0,
  message: 0,
  skewMs: 0,
};

/** A run of six steps in which nothing goes wrong: opening the shop, three fields, the order, the end. */
export const PLAIN: Scenario = {
  seed: 7,
  faults: NO_FAULTS,
  browserLoss: 0,
  sessionOver: 0,
  modelTrouble: 0,
  named: true,
  probe: true,
  signIn: false,
  silentPerson: false,
  holdMs: 120_000,
  neighbour: false,
};

/** What a seed stands for: which faults, how often, and what the task contract says. */
export function scenarioOf(seed: number, mutation?: Mutation): Scenario {
  const random = randomOf(seed ^ 0x5eed);
  const often = (most: number): number => (random() < 0.5 ? 0 : random() * most);
  return {
    seed,
    faults: {
      crash: often(0.006),
      pause: often(0.003),
      slow: often(0.01),
      failure: often(0.006),
      message: often(0.3),
      skewMs: random() < 0.5 ? 0 : 600_000,
    },
    browserLoss: often(0.05),
    modelTrouble: often(0.06),
    named: random() < 0.6,
    probe: random() < 0.6,
    signIn: random() < 0.3,
    sessionOver: often(0.5),
    silentPerson: random() < 0.04,
    holdMs: random() < 0.4 ? 0 : 120_000,
    neighbour: random() < 0.2,
    ...(mutation && { mutation }),
  };
}

/** Plays scenarios one after another; each alone and again gives the same. `label` names each in what is found. */
export async function playAll(
  scenarios: Iterable<Scenario> | AsyncIterable<Scenario>,
  options: {
    readonly label?: (scenario: Scenario) => string;
    readonly note?: (text: string) => void;
    readonly stopAtFirst?: boolean;
  } = {},
): Promise<ChaosResult> {
  const started = performance.now();
  const faults = noFaults();
  const violations: Violation[] = [];
  let succeeded = 0;
  let runs = 0;
  for await (const scenario of scenarios) {
    if (options.stopAtFirst === true && violations.length > 0) break;
    runs += 1;
    const played = await playRun(scenario);
    for (const kind of Object.keys(faults) as FaultKind[])
      faults[kind] += played.counters.faults[kind];
    if (played.runs.length === 1 && played.runs[0]?.status === 'succeeded') succeeded += 1;
    const { seed } = scenario;
    const label = options.label?.(scenario) ?? `seed ${seed}`;
    for (const what of await violationsOf(played)) {
      violations.push({ seed, what: `${label}: ${what}` });
      options.note?.(`${label}: ${what}`);
    }
  }
  const seconds = Math.round(performance.now() - started) / 1_000;
  return { runs, succeeded, faults, violations, seconds };
}

export function* scenariosOf(
  from: number,
  seeds: number,
  mutation?: Mutation,
): Generator<Scenario> {
  for (let seed = from; seed < from + seeds; seed += 1) yield scenarioOf(seed, mutation);
}
