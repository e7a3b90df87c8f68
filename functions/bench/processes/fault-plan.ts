import { setTimeout as delay } from 'node:timers/promises';

import { runsPath } from '../../../shared/contracts/paths.ts';
import type { Run } from '../../../shared/contracts/run.ts';
import type { StateStore } from '../../../shared/state/state-store.ts';
import type { Member, Signal } from './member.ts';

export interface FaultTally {
  readonly signals: Record<Signal, number>;
  /** Kills of an executor that left a step with an intent and no outcome. */
  intentKills: number;
}

/** Whose runs are made to suffer: everything here is of one tenant. */
export const TENANT = 'local';
/** From one fault to the next. */
export interface Pace {
  readonly minMs: number;
  readonly spreadMs: number;
}
/** So often that hardly a process lives to end a run: what is measured ends them afterwards. */
export const DENSE: Pace = { minMs: 200, spreadMs: 1_000 };
/** So that runs come to their end between faults, and others begin. */
export const SPARSE: Pace = { minMs: 1_000, spreadMs: 5_000 };
const SUSPEND_MS = { min: 500, spread: 5_000 };
/** Longer than a lease. */
const LONG_SUSPEND_MS = 36_000;
/** How long a kill waits for an executor in the middle of a step. */
const AIM_MS = 8_000;

/** Signals at random times and processes, most of them to executors, until `over`. */
export async function injectFaults(
  members: readonly Member[],
  store: StateStore,
  over: AbortSignal,
  tally: FaultTally,
  pace: Pace,
): Promise<void> {
  // One stands still at a time, so that somebody is left to go on.
  let suspended: Promise<void> | undefined;
  while (!over.aborted) {
    await delay(pace.minMs + Math.random() * pace.spreadMs, undefined, { signal: over }).catch(
      () => undefined,
    );
    const victim = pick(members.filter((member) => member.isUp));
    if (!victim || over.aborted) continue;
    const dice = Math.random();
    if (dice < 0.15 && !suspended) {
      tally.signals.SIGSTOP += 1;
      const long = Math.random() < 0.2;
      const ms = long ? LONG_SUSPEND_MS : SUSPEND_MS.min + Math.random() * SUSPEND_MS.spread;
      suspended = victim.suspend(ms).then(() => {
        suspended = undefined;
      });
    } else if (dice < 0.25) {
      tally.signals.SIGTERM += 1;
      await victim.terminate();
    } else {
      const target =
        victim.kind === 'executor' ? ((await someInStep(members, store, over)) ?? victim) : victim;
      const { holder } = target;
      tally.signals.SIGKILL += 1;
      const killed = target.kill();
      // Asked at once: another executor takes its runs within moments.
      if (holder !== undefined && (await openIntents(store, holder)) > 0) tally.intentKills += 1;
      await killed;
    }
  }
  await suspended;
}

function pick(members: readonly Member[]): Member | undefined {
  const weighted = members.flatMap((member) =>
    Array.from({ length: member.kind === 'executor' ? 6 : 1 }, () => member),
  );
  return weighted[Math.floor(Math.random() * weighted.length)];
}

async function openIntents(store: StateStore, holder: string): Promise<number> {
  const held = await store.query<Run>({
    collection: runsPath(TENANT),
    where: [{ field: 'holder', op: '==', value: holder }],
  });
  return held.filter(({ data }) => data.openIntent !== undefined).length;
}

/** Most kills should come between an intent and its outcome: that is where they hurt. */
async function someInStep(
  members: readonly Member[],
  store: StateStore,
  over: AbortSignal,
): Promise<Member | undefined> {
  const until = performance.now() + AIM_MS;
  while (performance.now() < until && !over.aborted) {
    for (const member of members) {
      const { holder } = member;
      if (!member.isUp || holder === undefined || (await openIntents(store, holder)) === 0)
        continue;
      await delay(Math.random() * 15);
      return member;
    }
    await delay(8);
  }
  return undefined;
}
