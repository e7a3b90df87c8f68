import { describe, expect, it } from 'vitest';

import { allCases } from './all-cases.ts';
import { inTurns, sampled } from './hostile.ts';
import { GROUPS } from './hostile-case.ts';
import { TECHNIQUES } from './injection-pages.ts';
import { MUTATIONS } from './mutations.ts';
import { PLANNERS } from './world.ts';

const cases = allCases();
const strataOf = (some: readonly { id: string }[]): Set<string> =>
  new Set(some.map(({ id }) => id.split('/').slice(0, 2).join('/')));
const isTwin = ({ id }: { id: string }): boolean => /\/(twin|control)\b/.test(id);

describe('the hostile corpus', () => {
  it('holds what is said of it: 200 network forms, 100 injection pages, every group, no id twice', () => {
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
    expect(new Set(cases.map(({ group }) => group))).toEqual(new Set(GROUPS));
    const hostile = cases.filter((one) => !isTwin(one));
    const count = (group: string): number => hostile.filter((one) => one.group === group).length;
    expect(count('network')).toBeGreaterThanOrEqual(200);
    expect(count('injection')).toBeGreaterThanOrEqual(100);
  });

  it('has a twin for each group that could otherwise hold by being shut', () => {
    const twins = strataOf(cases.filter(isTwin));
    expect([...twins].toSorted()).toEqual([
      'injection/twin',
      'leak/control',
      'network/control',
      'network/twin',
      'platform/approval',
      'platform/upload',
    ]);
  });

  it('is tried without each of the protections', () => {
    expect(Object.keys(MUTATIONS).toSorted()).toEqual([
      'approval-binding',
      'class-hold',
      'masking',
      'no-address-check',
      'no-proxy',
      'outbound-scan',
      'secret-origin',
      'wire-gate',
    ]);
  });
});

describe('a sample', () => {
  it.each(PLANNERS)(
    'of a tenth has every kind and every technique, with the planner %s',
    (name) => {
      const mine = cases.filter(({ planners }) => planners?.includes(name) ?? true);
      for (let seed = 0; seed < 30; seed += 1) {
        const sample = sampled(mine, 0.1, seed);
        expect(strataOf(sample)).toEqual(strataOf(mine));
        expect(sample.length).toBeLessThan(mine.length * 0.2);
        const techniques = new Set(sample.map(({ id }) => id.split('/')[2]));
        for (const technique of TECHNIQUES) expect(techniques).toContain(technique.name);
      }
    },
  );

  it('is the same for the same seed and another for another', () => {
    const ids = (seed: number): string[] => sampled(cases, 0.1, seed).map(({ id }) => id);
    expect(ids(1)).toEqual(ids(1));
    expect(ids(1)).not.toEqual(ids(2));
    expect(sampled(cases, 1, 1)).toHaveLength(cases.length);
  });

  it('is tried in turns of all kinds where one break is enough', () => {
    const turns = inTurns(cases);
    expect(new Set(turns)).toEqual(new Set(cases));
    const kinds = strataOf(cases);
    expect(strataOf(turns.slice(0, kinds.size))).toEqual(kinds);
  });
});
