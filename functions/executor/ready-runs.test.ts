import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Run } from '../../shared/contracts/run.ts';
import { chooseFairly, type Choice, type Queue } from './ready-runs.ts';

const run = (tenantId: string, n: number): Run =>
  ({
    tenantId,
    runId: `${tenantId}-${n}`,
    createdAt: new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString(),
  }) as Run;
const queue = (tenantId: string, count: number, running = 0, limit?: number, first = 0): Queue => ({
  tenantId,
  runs: Array.from({ length: count }, (_, n) => run(tenantId, first + n)),
  running,
  limit,
});
const taken = ({ take }: Choice): string[] => take.map(({ runId }) => runId);

/** The mutant: first come, first served over all tenants. */
const firstCome = (queues: readonly Queue[], room: number): Choice => {
  const all = queues
    .flatMap(({ runs }) => runs)
    .toSorted((one, two) => one.createdAt.localeCompare(two.createdAt));
  return { take: all.slice(0, room), more: all.length > room };
};
const first = (choose: typeof chooseFairly): string | undefined =>
  taken(choose([queue('acme', 100, 3), queue('globex', 1, 0, undefined, 500)], 1))[0];

describe('who is next', () => {
  it('is the first run of a tenant that has none under way, before a hundred of another', () => {
    expect(first(chooseFairly)).toBe('globex-500');
    expect(first(firstCome)).toBe('acme-0');
  });

  it('is one of each in turn, and within a tenant the oldest', () => {
    const queues = [queue('acme', 3), queue('globex', 3, 0, undefined, 10), queue('hooli', 1, 2)];
    expect(taken(chooseFairly(queues, 6))).toEqual([
      'acme-0',
      'globex-10',
      'acme-1',
      'globex-11',
      'hooli-0',
      'acme-2',
    ]);
  });

  it('is nobody whose tenant has as many under way as it may; they wait, and are known to', () => {
    const choice = chooseFairly([queue('acme', 5, 1, 2), queue('globex', 1, 4, 4)], 10);
    expect(taken(choice)).toEqual(['acme-0']);
    expect(choice.more).toBe(true);
    expect(chooseFairly([queue('acme', 1)], 1).more).toBe(false);
  });

  it('keeps to limits and room, leaves none idle that may go, and is as even as it can be', () => {
    const queues = fc.uniqueArray(
      fc.record({
        tenantId: fc.stringMatching(/^[a-z]{1,6}$/),
        count: fc.nat(20),
        running: fc.nat(5),
        limit: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
      }),
      { selector: ({ tenantId }) => tenantId, maxLength: 6 },
    );
    fc.assert(
      fc.property(queues, fc.nat(30), (given, room) => {
        const all = given.map(({ tenantId, count, running, limit }) =>
          queue(tenantId, count, running, limit),
        );
        const { take, more } = chooseFairly(all, room);
        const after = all.map((each) => {
          const own = take.filter(({ tenantId }) => tenantId === each.tenantId);
          expect(own).toEqual(each.runs.slice(0, own.length));
          const now = each.running + own.length;
          if (own.length > 0) expect(now).toBeLessThanOrEqual(each.limit ?? Infinity);
          const waiting = each.runs.length - own.length;
          return {
            own: own.length,
            now,
            waiting,
            may: waiting > 0 && now < (each.limit ?? Infinity),
          };
        });
        expect(take.length).toBeLessThanOrEqual(room);
        expect(more).toBe(after.some(({ waiting }) => waiting > 0));
        if (take.length < room) expect(after.some(({ may }) => may)).toBe(false);
        // Whoever was given one has at most one more than whoever might have had it.
        for (const one of after)
          for (const other of after)
            if (one.own > 0 && other.may) expect(one.now).toBeLessThanOrEqual(other.now + 1);
      }),
    );
  });
});
