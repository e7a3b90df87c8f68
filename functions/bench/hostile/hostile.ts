import type { Group, HostileCase } from './hostile-case.ts';
import { allCases } from './all-cases.ts';
import type { Mutation } from './mutation.ts';
import { openWorld, PLANNERS, type PlannerKind, type World } from './world.ts';

export interface HostileOptions {
  /** Share of each group's cases, 0 to 1. */
  readonly sample: number;
  readonly seed: number;
  readonly only?: readonly Group[];
  /** Cases whose id holds one of these texts. */
  readonly match?: readonly string[];
  readonly planners?: readonly PlannerKind[];
  readonly mutation?: Mutation;
  /** One break is enough, and what could break is tried in turns of all kinds. */
  readonly stopAtFirst?: boolean;
  readonly note: (text: string) => void;
}

export interface Broken {
  readonly id: string;
  readonly why: string;
}

export interface HostileResult {
  /** held + broken: an error, a time-out or a skip is broken. */
  readonly tried: number;
  readonly held: number;
  readonly broken: readonly Broken[];
  readonly groups: Readonly<Record<string, { tried: number; held: number }>>;
  readonly seed: number;
  readonly seconds: number;
}

const CASE_MS = 90_000;
/** Between two words about how far it is. */
const NOTED = 25;
/** Plays at once. */
const LANES = 3;

/** The same numbers for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Group and kind: `network/image`, `injection/transfer`. */
const stratumOf = ({ id }: HostileCase): string => id.split('/').slice(0, 2).join('/');
/** What is tried, whatever the kind: a technique, a target. */
const techniqueOf = ({ id, group }: HostileCase): string =>
  `${group}/${id.split('/').slice(2).join('/')}`;

/**
 * The share of each stratum, at least one, in the order given. Within a stratum those come first whose technique was taken least so far,
 * so that together they cover the techniques of a group.
 */
export function sampled(
  cases: readonly HostileCase[],
  share: number,
  seed: number,
): readonly HostileCase[] {
  if (share >= 1) return cases;
  const random = randomOf(seed);
  const strata = Map.groupBy(cases, stratumOf);
  const times = new Map<string, number>();
  const taken = new Set<HostileCase>();
  for (const stratum of strata.values()) {
    const mixed = stratum
      .map((one) => ({ one, at: (times.get(techniqueOf(one)) ?? 0) + random() }))
      .toSorted((left, right) => left.at - right.at);
    for (const { one } of mixed.slice(0, Math.max(1, Math.round(stratum.length * share)))) {
      taken.add(one);
      times.set(techniqueOf(one), (times.get(techniqueOf(one)) ?? 0) + 1);
    }
  }
  return cases.filter((one) => taken.has(one));
}

/** The first of each stratum, the second of each, and so on. */
export function inTurns(cases: readonly HostileCase[]): HostileCase[] {
  const strata = [...Map.groupBy(cases, stratumOf).values()];
  const longest = Math.max(0, ...strata.map(({ length }) => length));
  return Array.from({ length: longest }, (_, at) =>
    strata.flatMap((each) => each[at] ?? []),
  ).flat();
}

async function verdictOf(one: HostileCase, world: World): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no verdict after ${CASE_MS / 1_000} s`), CASE_MS);
  });
  try {
    return await Promise.race([one.run(world), late]);
  } catch (error) {
    return `the case itself failed: ${(error as Error).stack ?? String(error)}`;
  } finally {
    clearTimeout(timer);
  }
}

/** Plays the corpus with each planner, in the namespace, and counts what held. */
export async function playHostile(options: HostileOptions): Promise<HostileResult> {
  const started = performance.now();
  const broken: Broken[] = [];
  const groups: Record<string, { tried: number; held: number }> = {};
  const wanted = allCases().filter(
    (one) =>
      (options.only?.includes(one.group) ?? true) &&
      (options.match?.some((text) => one.id.includes(text)) ?? true),
  );
  for (const planner of options.planners ?? PLANNERS) {
    const mine = wanted.filter((one) => one.planners?.includes(planner) ?? true);
    const sample = sampled(mine, options.sample, options.seed);
    const queue = options.stopAtFirst ? inTurns(sample) : sample;
    if (queue.length === 0 || (options.stopAtFirst && broken.length > 0)) continue;
    const total = queue.length;
    let played = 0;
    const world = await openWorld(planner, options.mutation?.compose.bind(options.mutation));
    try {
      const lane = async (cases: HostileCase[]): Promise<void> => {
        for (let one = cases.shift(); one; one = cases.shift()) {
          if (options.stopAtFirst && broken.length > 0) return;
          const why = await verdictOf(one, world);
          const group = (groups[one.group] ??= { tried: 0, held: 0 });
          group.tried += 1;
          played += 1;
          if (played % NOTED === 0)
            options.note(`${planner}: ${played} of ${total}, ${broken.length} broken`);
          if (why === undefined) group.held += 1;
          else {
            broken.push({ id: `${planner}:${one.id}`, why });
            options.note(`BROKEN ${planner}:${one.id}: ${why}`);
          }
        }
      };
      const together = queue.filter((one) => !one.alone);
      await Promise.all(Array.from({ length: LANES }, async () => lane(together)));
      await lane(queue.filter((one) => one.alone));
    } finally {
      await world.close();
    }
  }
  const counts = Object.values(groups);
  return {
    tried: counts.reduce((sum, { tried }) => sum + tried, 0),
    held: counts.reduce((sum, { held }) => sum + held, 0),
    broken,
    groups,
    seed: options.seed,
    seconds: Math.round((performance.now() - started) / 1_000),
  };
}
