import { NO_FAULTS, PLAIN, playAll, scenariosOf, type ChaosResult } from './chaos.ts';
import type { Scenario } from './simulation/scenario.ts';
import { playRun } from './simulation/simulated-run.ts';
import { MUTANTS } from './simulation/mutations.ts';

/** A piece of work that a thread does by itself. */
export type ChaosJob =
  | { readonly kind: 'seeds'; readonly from: number; readonly seeds: number }
  /** A crash at one crossing, and it together with one at each later crossing. */
  | { readonly kind: 'pairs'; readonly first: number }
  | { readonly kind: 'mutant'; readonly name: string }
  /** The scenarios of a mutant with its mechanism in place. */
  | { readonly kind: 'control'; readonly name: string; readonly runs: number };

const crashing = (...points: number[]): Scenario => ({
  ...PLAIN,
  faults: { ...NO_FAULTS, crashAt: new Set(points) },
});

async function* pairsFrom(first: number): AsyncGenerator<Scenario> {
  const alone = crashing(first);
  const { counters } = await playRun(alone);
  yield alone;
  for (let second = first + 1; second <= counters.crossings; second += 1)
    yield crashing(first, second);
}

function* firstOf(scenarios: Iterable<Scenario>, count: number): Generator<Scenario> {
  let left = count;
  for (const scenario of scenarios) {
    if ((left -= 1) < 0) return;
    yield scenario;
  }
}

export async function doChaosJob(job: ChaosJob): Promise<ChaosResult> {
  switch (job.kind) {
    case 'seeds':
      return playAll(scenariosOf(job.from, job.seeds));
    case 'pairs':
      return playAll(pairsFrom(job.first), {
        label: ({ faults }) => `crashes at ${[...(faults.crashAt ?? [])].join(', ')}`,
      });
    case 'mutant': {
      const mutant = MUTANTS[job.name];
      if (!mutant) throw new Error(`there is no mutant "${job.name}"`);
      const { mutation } = mutant;
      const mutated = function* (): Generator<Scenario> {
        for (const scenario of mutant.scenarios()) yield { ...scenario, mutation };
      };
      return playAll(mutated(), { stopAtFirst: true });
    }
    case 'control':
      return playAll(firstOf(MUTANTS[job.name]?.scenarios() ?? [], job.runs));
  }
}

/** How many crossings a run has in which nothing goes wrong: where a first crash can be. */
export async function plainCrossings(): Promise<number> {
  return (await playRun(PLAIN)).counters.crossings;
}
