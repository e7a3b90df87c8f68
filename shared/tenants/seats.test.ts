import { beforeEach, describe, expect, it } from 'vitest';

import { seatsPath, tenantPath } from '../contracts/paths.ts';
import type { LogEvent } from '../contracts/log-entry.ts';
import type { Seats } from '../contracts/usage.ts';
import { TaskContract } from '../contracts/task-contract.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { silentLogger } from '../core/logger.ts';
import { RunJournal } from '../journal/run-journal.ts';
import type { StateStore } from '../state/state-store.ts';
import { openMemoryMessageBus } from '../testing/memory-message-bus.ts';
import { openMemoryStateStore } from '../testing/memory-state-store.ts';
import { memoryVault } from '../testing/memory-vault.ts';
import { leaveSeat, takeSeat } from './seats.ts';

const runId = (n: number): string => `run_${String(n).padStart(20, '0')}`;
const who = (n: number) => ({ tenantId: 'acme', runId: runId(n) });
let store: StateStore;

const setQuota = async (concurrentRuns: number): Promise<void> => {
  const at = systemClock.iso();
  const data = {
    schemaVersion: 1,
    tenantId: 'acme',
    name: 'acme',
    quotas: { concurrentRuns },
    runTopic: { enabled: false, role: 'operator', replyTopics: [] },
    createdBy: 'user:root',
    createdAt: at,
    updatedAt: at,
  };
  await store.commit([{ op: 'create', path: tenantPath('acme'), data }]);
};
const journalOf = async (n: number): Promise<RunJournal> => {
  const bus = openMemoryMessageBus();
  const deps = { store, bus, vault: memoryVault(), clock: systemClock, log: silentLogger };
  return RunJournal.create(deps, 'user:ada', 'acme', runId(n), {
    type: 'run.created',
    goal: 'x',
    inputs: {},
    labels: {},
    contract: TaskContract.parse({ navigate: ['https://portal.example'] }),
  });
};
/** As an executor takes it: the place in one batch with the entry that says so. */
async function take(journal: RunJournal): Promise<boolean> {
  const seat = await takeSeat(store, journal.run);
  if (!seat) return false;
  const { leaseEpoch } = journal.run;
  const taken: LogEvent = {
    type: 'lease.taken',
    leaseEpoch: leaseEpoch + 1,
    holder: 'h',
    takeover: false,
  };
  try {
    await journal.append(
      () => [taken],
      () => seat,
    );
    return true;
  } catch (error) {
    if (AppError.is(error, 'conflict')) return false;
    throw error;
  }
}
const end = async (journal: RunJournal) =>
  journal.append(() => [{ type: 'run.ended', status: 'succeeded' }]);
const seated = async (): Promise<readonly string[]> =>
  (await store.get<Seats>(seatsPath('acme')))?.data.runs ?? [];

describe('places for runs under way', () => {
  beforeEach(() => {
    store = openMemoryStateStore();
  });

  it('are not counted where there is no quota', async () => {
    for (const n of [1, 2, 3]) expect(await take(await journalOf(n))).toBe(true);
    expect(await store.get(seatsPath('acme'))).toBeUndefined();
  });

  it('are given away as often as the quota says, however many try at once', async () => {
    await setQuota(3);
    const journals = await Promise.all(Array.from({ length: 12 }, async (_, n) => journalOf(n)));
    for (let round = 0; round < 12; round += 1)
      await Promise.all(
        journals.map(async (journal) => journal.run.leaseEpoch === 0 && take(journal)),
      );
    expect(journals.filter(({ run }) => run.leaseEpoch > 0)).toHaveLength(3);
    expect(await seated()).toHaveLength(3);
  });

  it('the mutant that counts beside the batch gives away more', async () => {
    await setQuota(3);
    const journals = await Promise.all(Array.from({ length: 12 }, async (_, n) => journalOf(n)));
    const taken = await Promise.all(
      journals.map(async (journal) => (await takeSeat(store, journal.run)) !== undefined),
    );
    expect(taken.filter(Boolean).length).toBeGreaterThan(3);
  });

  it('are free again when a run ends or waits for a person, and kept when it is to be taken up again', async () => {
    await setQuota(1);
    const [one, two] = [await journalOf(1), await journalOf(2)];
    expect(await take(one)).toBe(true);
    await leaveSeat(store, who(1));
    expect(await seated()).toEqual([runId(1)]);
    expect(await take(two)).toBe(false);
    await one.append(() => [
      {
        type: 'human.requested',
        leaseEpoch: 1,
        request: {
          requestId: 'a',
          kind: 'input',
          question: 'x',
          facts: {},
          askedAt: '2026-11-27T07:00:00.000Z',
          expiresAt: '2036-11-27T07:00:00.000Z',
        },
      },
    ]);
    await leaveSeat(store, who(1));
    expect(await take(two)).toBe(true);
    await one.append(() => [
      { type: 'human.answered', requestId: 'a', kind: 'input', answer: 'x' },
    ]);
    // Answered, it takes a place like others.
    expect(await take(one)).toBe(false);
    await end(two);
    await leaveSeat(store, who(2));
    expect(await take(one)).toBe(true);
  });

  it('of an executor that died before it gave the place back are found when they are needed', async () => {
    await setQuota(1);
    const [one, two] = [await journalOf(1), await journalOf(2)];
    await take(one);
    await end(one);
    expect(await seated()).toEqual([runId(1)]);
    expect(await take(two)).toBe(true);
    expect(await seated()).toEqual([runId(2)]);
  });

  it('of a run that was left in the middle stay its own: whoever takes it over needs no other', async () => {
    await setQuota(1);
    const [one, two] = [await journalOf(1), await journalOf(2)];
    await take(one);
    expect(await take(two)).toBe(false);
    expect(await take(one)).toBe(true);
    expect(one.run.leaseEpoch).toBe(2);
  });

  it('count what was under way before the quota was set', async () => {
    const [one, two] = [await journalOf(1), await journalOf(2)];
    await take(one);
    await setQuota(1);
    expect(await take(two)).toBe(false);
  });
});
