import { parseArgs } from 'node:util';

import { exitStatus } from '../../shared/core/error-table.ts';
import type { ChaosResult, Violation } from './chaos.ts';
import type { ChaosJob } from './chaos-jobs.ts';
import { doInThreads } from './chaos-threads.ts';
import { noFaults, type FaultKind } from './simulation/process.ts';

export const CHAOS_USAGE = `usage: npm run chaos -- --seeds N [--from S] [--json]
       npm run chaos -- --seed S [--json]      replays one seed step by step, and prints its log
       npm run chaos -- --pairs [--json]       a crash at every crossing of a run of six steps, and every pair of them
       npm run chaos -- --mutate [--json]      variants that lack one mechanism: each must be noticed
       npm run chaos -- --processes [--minutes M | --runs N] [--gcp-emulators] [--json]   real processes, killed at random
`;

type Print = (value: unknown, text: string) => void;

/** Many runs under faults, judged by the shop. Exit status 0 when no invariant was broken (or each mutant was noticed). */
export async function chaosCommand(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '200' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      pairs: { type: 'boolean' },
      processes: { type: 'boolean' },
      'gcp-emulators': { type: 'boolean' },
      minutes: { type: 'string' },
      runs: { type: 'string' },
      mutate: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const [seeds, from, seed] = [Number(values.seeds), Number(values.from), Number(values.seed ?? 0)];
  const whole = [seeds, from, seed].every((number) => Number.isInteger(number) && number >= 0);
  if (values.help || !whole) {
    process.stderr.write(CHAOS_USAGE);
    return values.help ? 0 : exitStatus('invalid_request');
  }
  const print: Print = (value, text) => {
    process.stdout.write(values.json ? `${JSON.stringify(value)}\n` : text);
  };
  if (values.processes) return processes(values, print);
  if (values.seed !== undefined) return replay(seed, print);
  if (values.mutate) return mutate(print);
  const jobs = values.pairs ? await pairJobs() : seedJobs(from, seeds);
  const hint = values.pairs ? '' : '  (npm run chaos -- --seed S replays it)';
  const result = await together(jobs, ({ what }) => note(`${what}${hint}`));
  print(result, textOf(result));
  return result.violations.length === 0 ? 0 : 1;
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Small enough that no thread waits long for the others at the end. */
const SEEDS_IN_JOB = 25;

function seedJobs(from: number, seeds: number): ChaosJob[] {
  return Array.from({ length: Math.ceil(seeds / SEEDS_IN_JOB) }, (_unused, index) => ({
    kind: 'seeds',
    from: from + index * SEEDS_IN_JOB,
    seeds: Math.min(SEEDS_IN_JOB, seeds - index * SEEDS_IN_JOB),
  }));
}

async function pairJobs(): Promise<ChaosJob[]> {
  const { plainCrossings } = await import('./chaos-jobs.ts');
  const points = await plainCrossings();
  return Array.from({ length: points }, (_unused, index) => ({ kind: 'pairs', first: index + 1 }));
}

async function together(
  jobs: readonly ChaosJob[],
  found: (violation: Violation) => void,
): Promise<ChaosResult> {
  const started = performance.now();
  const faults = noFaults();
  const violations: Violation[] = [];
  let runs = 0;
  let succeeded = 0;
  await doInThreads(jobs, (result) => {
    runs += result.runs;
    succeeded += result.succeeded;
    for (const kind of Object.keys(faults) as FaultKind[]) faults[kind] += result.faults[kind];
    violations.push(...result.violations);
    for (const violation of result.violations) found(violation);
  });
  const seconds = Math.round(performance.now() - started) / 1_000;
  return { runs, succeeded, faults, violations, seconds };
}

function textOf({ runs, succeeded, violations, seconds, faults }: ChaosResult): string {
  const counted = Object.entries(faults).map(([kind, count]) => `${count} ${kind}`);
  const rate = Math.round(runs / seconds);
  return `${runs} runs, ${succeeded} succeeded, ${violations.length} violations in ${seconds} s (${rate} a second)\n${counted.join(' · ')}\n`;
}

/** Plays each mutant until it is noticed, then the same scenarios with the mechanism in place. */
async function mutate(print: Print): Promise<number> {
  const noticed: Record<string, number> = {};
  const mutants: Record<string, { runs: number; violations: number; first: string }> = {};
  const control = { runs: 0, violations: 0 };
  const { MUTANTS } = await import('./simulation/mutations.ts');
  const names = Object.keys(MUTANTS);
  await doInThreads(
    names.map((name) => ({ kind: 'mutant', name })),
    ({ runs, violations }, { name }) => {
      const first = violations[0]?.what ?? '';
      noticed[name] = violations.length;
      mutants[name] = { runs, violations: violations.length, first };
      const said =
        first === '' ? `NOT NOTICED in ${runs} runs` : `noticed in run ${runs}: ${first}`;
      note(`without ${name}: ${said}`);
    },
  );
  await doInThreads(
    names.map((name) => ({ kind: 'control', name, runs: mutants[name]?.runs ?? 0 })),
    ({ runs, violations }, { name }) => {
      control.runs += runs;
      control.violations += violations.length;
      for (const { what } of violations) note(`with the mechanism, ${name}: ${what}`);
    },
  );
  const good = Object.values(noticed).every((count) => count > 0) && control.violations === 0;
  print(
    { noticed, mutants, control },
    `the same with the mechanism: ${control.runs} runs, ${control.violations} violations\n`,
  );
  return good ? 0 : 1;
}

async function processes(
  {
    minutes,
    runs,
    'gcp-emulators': gcpEmulators = false,
  }: {
    minutes?: string | undefined;
    runs?: string | undefined;
    'gcp-emulators'?: boolean | undefined;
  },
  print: Print,
): Promise<number> {
  const length = Number(minutes ?? 1);
  const count = runs === undefined ? undefined : Number(runs);
  if (!(length > 0) || (count !== undefined && !(Number.isInteger(count) && count > 0))) {
    process.stderr.write(CHAOS_USAGE);
    return exitStatus('invalid_request');
  }
  const { chaosWithProcesses } = await import('./processes/process-chaos.ts');
  const result = await chaosWithProcesses({
    note,
    gcpEmulators,
    ...(count === undefined ? { minutes: length } : { runs: count }),
  });
  const { succeeded, waiting, orders, intentKills, violations, seconds } = result;
  const said = `${result.runs} runs: ${succeeded} succeeded, ${waiting} wait for a human; ${orders} orders; ${JSON.stringify(result.faults)}, ${intentKills} kills met an open intent; ${seconds} s`;
  print(result, `${[...violations, said].join('\n')}\n`);
  return violations.length === 0 ? 0 : 1;
}

async function replay(seed: number, print: Print): Promise<number> {
  const { replayed } = await import('./chaos-replay.ts');
  const { value, text } = await replayed(seed);
  print(value, text);
  return value.violations.length === 0 ? 0 : 1;
}
