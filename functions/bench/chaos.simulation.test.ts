import { describe, expect, it } from 'vitest';

import { chaos, NO_FAULTS, scenarioOf } from './chaos.ts';
import { violationsOf } from './simulation/invariants.ts';
import { MUTATIONS } from './simulation/mutations.ts';
import { playRun, type Mutation, type Scenario } from './simulation/simulated-run.ts';

const plain: Scenario = {
  seed: 7,
  faults: NO_FAULTS,
  browserLoss: 0,
  modelTrouble: 0,
  named: true,
  probe: true,
};
const crashing = (...points: number[]): Scenario => ({
  ...plain,
  faults: { ...NO_FAULTS, crashAt: new Set(points) },
});

describe('simulation', () => {
  it('orders once where nothing goes wrong, and gives the same run for the same seed', async () => {
    const [first, second] = [await playRun(plain), await playRun(plain)];
    expect(first.run?.status).toBe('succeeded');
    expect(await violationsOf(first)).toEqual([]);
    expect(second.counters.crossings).toBe(first.counters.crossings);
    expect(second.virtualMs).toBe(first.virtualMs);
    const faulty = scenarioOf(3);
    expect((await playRun(faulty)).counters).toEqual((await playRun(faulty)).counters);
  });

  it('holds at every single crash point of a run', async () => {
    const found: string[] = [];
    for (let point = 1; point <= 260; point += 1)
      for (const what of await violationsOf(await playRun(crashing(point))))
        found.push(`crash at ${point}: ${what}`);
    expect(found).toEqual([]);
  }, 120_000);

  it('holds at pairs of crashes, drawn from a seed', async () => {
    const found: string[] = [];
    for (let count = 0; count < 120; count += 1) {
      const [first, second] = [1 + ((count * 37) % 240), 1 + ((count * 101) % 300)];
      for (const what of await violationsOf(await playRun(crashing(first, second))))
        found.push(`crashes at ${first}, ${second}: ${what}`);
    }
    expect(found).toEqual([]);
  }, 120_000);

  it('holds under crashes, pauses, failures, lost replies, late and doubled messages and lost browsers', async () => {
    const { violations, succeeded, runs, faults } = await chaos({ seeds: 200, from: 1 });
    expect(violations).toEqual([]);
    // Parking everything would hold every invariant too.
    expect(succeeded / runs).toBeGreaterThanOrEqual(0.9);
    for (const count of Object.values(faults)) expect(count).toBeGreaterThan(0);
  }, 120_000);

  it('holds when a process stands still, or drags, at any single point', async () => {
    expect(await everywhere('pauseAt')).toEqual([]);
    expect(await everywhere('slowAt')).toEqual([]);
  }, 120_000);

  it('notices when browsers may send after the lease is over', async () => {
    expect(await everywhere('pauseAt', MUTATIONS['lease-bound-egress'])).not.toEqual([]);
  }, 120_000);

  it('notices when leases are not respected', async () => {
    expect(await everywhere('slowAt', MUTATIONS['lease-check'])).not.toEqual([]);
  }, 120_000);

  it.each(['fence', 'probe'])(
    'notices when %s is missing',
    async (name) => {
      const mutation = MUTATIONS[name];
      const { violations } = await chaos({
        seeds: 400,
        from: 1,
        stopAtFirst: true,
        ...(mutation && { mutation }),
      });
      expect(violations.length).toBeGreaterThan(0);
    },
    120_000,
  );
});

async function everywhere(kind: 'pauseAt' | 'slowAt', mutation?: Mutation): Promise<string[]> {
  const found: string[] = [];
  for (let point = 1; point <= 240; point += 1) {
    const faults = { ...NO_FAULTS, [kind]: new Set([point]) };
    const played = await playRun({ ...plain, faults, ...(mutation && { mutation }) });
    for (const what of await violationsOf(played)) found.push(`${kind} ${point}: ${what}`);
  }
  return found;
}
