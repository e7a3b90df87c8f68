import { describe, expect, it } from 'vitest';

import { NO_FAULTS, PLAIN, playAll, scenarioOf, scenariosOf } from './chaos.ts';
import { doChaosJob } from './chaos-jobs.ts';
import { violationsOf } from './simulation/invariants.ts';
import { MUTANTS } from './simulation/mutations.ts';
import type { Scenario } from './simulation/scenario.ts';
import { playRun } from './simulation/simulated-run.ts';

const LONG_MS = 240_000;
const faulty = (kind: 'crashAt' | 'pauseAt' | 'slowAt', ...points: number[]): Scenario => ({
  ...PLAIN,
  faults: { ...NO_FAULTS, [kind]: new Set(points) },
});
const label = ({ faults }: Scenario): string =>
  JSON.stringify(
    Object.entries(faults).map(([kind, at]) => [kind, at instanceof Set ? [...at] : at]),
  );

describe('simulation', () => {
  it('orders once where nothing goes wrong, and gives the same run for the same seed', async () => {
    const [first, second] = [await playRun(PLAIN), await playRun(PLAIN)];
    expect(first.runs.map(({ status }) => status)).toEqual(['succeeded']);
    expect(await violationsOf(first)).toEqual([]);
    expect(second.counters.crossings).toBe(first.counters.crossings);
    expect(second.virtualMs).toBe(first.virtualMs);
    expect((await playRun(scenarioOf(3))).counters).toEqual(
      (await playRun(scenarioOf(3))).counters,
    );
  });

  it('goes the same way where the store gives frozen copies: nobody changes what was read or written', async () => {
    for (const seed of Array.from({ length: 40 }, (_unused, index) => index + 1)) {
      const [shared, copied] = [scenarioOf(seed), { ...scenarioOf(seed), copies: true }];
      const [one, other] = [await playRun(shared), await playRun(copied)];
      expect(other.counters).toEqual(one.counters);
      expect(other.virtualMs).toBe(one.virtualMs);
      expect(other.documents.documents.size).toBe(one.documents.documents.size);
    }
  });

  it(
    'holds at every single crossing at which a process crashes, stands still or drags',
    async () => {
      const { crossings } = (await playRun(PLAIN)).counters;
      expect(crossings).toBeGreaterThan(150);
      const points = Array.from({ length: crossings }, (_unused, index) => index + 1);
      const kinds = ['crashAt', 'pauseAt', 'slowAt'] as const;
      const scenarios = kinds.flatMap((kind) => points.map((point) => faulty(kind, point)));
      const { violations, runs } = await playAll(scenarios, { label });
      expect(violations).toEqual([]);
      expect(runs).toBe(3 * crossings);
    },
    LONG_MS,
  );

  it(
    'holds at pairs of crashes; `npm run chaos -- --pairs` plays all of them',
    async () => {
      const pairs = Array.from({ length: 150 }, (_unused, count) => [
        1 + ((count * 37) % 240),
        1 + ((count * 101) % 300),
      ]);
      const { violations } = await playAll(
        pairs.map((points) => faulty('crashAt', ...points)),
        { label },
      );
      expect(violations).toEqual([]);
    },
    LONG_MS,
  );

  it(
    'holds under crashes, pauses, failures, lost replies, late and doubled messages, lost browsers and log-ins, and a model that breaks off, errs and forgets',
    async () => {
      const { violations, succeeded, runs, faults } = await playAll(scenariosOf(1, 200));
      expect(violations).toEqual([]);
      // Parking everything would hold every invariant too.
      expect(succeeded / runs).toBeGreaterThanOrEqual(0.9);
      for (const [kind, count] of Object.entries(faults)) expect(count, kind).toBeGreaterThan(0);
    },
    LONG_MS,
  );

  it.each(Object.keys(MUTANTS))(
    'notices when %s is missing, and holds with it',
    async (name) => {
      expect((await doChaosJob({ kind: 'mutant', name })).violations).not.toEqual([]);
      expect((await doChaosJob({ kind: 'control', name, runs: 20 })).violations).toEqual([]);
    },
    LONG_MS,
  );
});
