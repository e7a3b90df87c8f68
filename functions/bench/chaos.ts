import { violationsOf } from './simulation/invariants.ts';
import { randomOf } from './simulation/simulation.ts';
import type { Faults, FaultKind } from './simulation/process.ts';
import { playRun, type Mutation, type Played, type Scenario } from './simulation/simulated-run.ts';

export interface ChaosResult {
  readonly runs: number;
  readonly succeeded: number;
  readonly faults: Record<FaultKind, number>;
  readonly violations: readonly { readonly seed: number; readonly what: string }[];
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

/** What a seed stands for: which faults, how often, and what the task contract says. */
export function scenarioOf(seed: number, mutation?: Mutation): Scenario {
  const random = randomOf(seed ^ 0x5eed);
  const often = (most: number): number => (random() < 0.5 ? 0 : random() * most);
  return {
    seed,
    faults: {
      crash: often(0.02),
      pause: often(0.01),
      slow: often(0.03),
      failure: often(0.02),
      message: often(0.3),
      skewMs: random() < 0.5 ? 0 : 600_000,
    },
    browserLoss: often(0.05),
    modelTrouble: often(0.05),
    named: random() < 0.7,
    probe: random() < 0.6,
    ...(mutation && { mutation }),
  };
}

/** Plays seeds one after another; each alone and again gives the same. */
export async function chaos(options: {
  readonly seeds: number;
  readonly from: number;
  readonly mutation?: Mutation;
  readonly note?: (text: string) => void;
  readonly stopAtFirst?: boolean;
}): Promise<ChaosResult> {
  const started = performance.now();
  const faults: Record<FaultKind, number> = {
    crash: 0,
    slow: 0,
    pause: 0,
    failure: 0,
    'lost-reply': 0,
    duplicate: 0,
    delay: 0,
    browser: 0,
  };
  const violations: { seed: number; what: string }[] = [];
  let succeeded = 0;
  let runs = 0;
  for (let seed = options.from; seed < options.from + options.seeds; seed += 1) {
    if (options.stopAtFirst === true && violations.length > 0) break;
    runs += 1;
    const played: Played = await playRun(scenarioOf(seed, options.mutation));
    for (const kind of Object.keys(faults) as FaultKind[])
      faults[kind] += played.counters.faults[kind];
    if (played.run?.status === 'succeeded') succeeded += 1;
    for (const what of await violationsOf(played)) {
      violations.push({ seed, what });
      options.note?.(`seed ${seed}: ${what}  (npm run chaos -- --seed ${seed})`);
    }
  }
  return {
    runs,
    succeeded,
    faults,
    violations,
    seconds: Math.round(performance.now() - started) / 1_000,
  };
}
