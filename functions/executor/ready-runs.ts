import { runPath, runsPath } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import type { StateStore } from '../../shared/state/state-store.ts';
import { tenantSettings } from '../../shared/tenants/tenant-settings.ts';
import { isFree } from './lease-keeper.ts';

export interface Choice {
  /** To be taken now, in this order. */
  readonly take: readonly Run[];
  /** Others wait, for a slot or for their tenant's quota. */
  readonly more: boolean;
}

/** One tenant's queue: its oldest runs, first come first served. */
export interface Queue {
  readonly tenantId: string;
  readonly runs: readonly Run[];
  /** Runs of the tenant that are under way, on any executor. */
  readonly running: number;
  /** `quotas.concurrentRuns`. */
  readonly limit: number | undefined;
}

/**
 * Between tenants the one with the least under way comes first, and of equals the one that waits longest: a long queue delays its own
 * tenant and nobody else.
 */
export function chooseFairly(queues: readonly Queue[], room: number): Choice {
  const states = queues.map((queue) => ({ ...queue, next: 0 }));
  const take: Run[] = [];
  while (take.length < room) {
    const [first] = states
      .filter(
        ({ runs, next, running, limit }) => next < runs.length && running < (limit ?? Infinity),
      )
      .toSorted(
        (one, two) =>
          one.running - two.running ||
          (one.runs[one.next]?.createdAt ?? '').localeCompare(two.runs[two.next]?.createdAt ?? ''),
      );
    const run = first?.runs[first.next];
    if (!first || !run) break;
    take.push(run);
    first.next += 1;
    first.running += 1;
  }
  return { take, more: states.some(({ runs, next }) => next < runs.length) };
}

/** Tenants whose queues one look reads; the next look goes on with those after them. */
const TENANTS = 100;
/** After every id of a run. */
const LAST = '~';

/** What of the store's runs should have an executor and has none. */
export class ReadyRuns {
  readonly #store: StateStore;
  readonly #isGone: (holder: string) => boolean;
  #from: string | undefined;

  constructor(store: StateStore, isGone: (holder: string) => boolean) {
    this.#store = store;
    this.#isGone = isGone;
  }

  /** At most `room` runs; those that were begun come before those that wait in queues. */
  async next(room: number, isOwn: (path: string) => boolean): Promise<Choice> {
    const begun = await this.#begun();
    const free: Run[] = [];
    for (const run of begun) {
      if (free.length >= room) break;
      const own = isOwn(runPath(run.tenantId, run.runId));
      if (!own && (await isFree(this.#store, run, this.#isGone))) free.push(run);
    }
    const queued = await this.#queues(begun, room, isOwn);
    const { take, more } = chooseFairly(queued, room - free.length);
    return { take: [...free, ...take], more };
  }

  /** Those that wait for a person, or are paused, only when they are to be cancelled. */
  async #begun(): Promise<Run[]> {
    const found = await this.#store.query<Run>({
      collection: 'runs',
      group: true,
      where: [
        { field: 'needsOwner', op: '==', value: true },
        { field: 'status', op: 'in', value: ['planning', 'acting', 'waiting_human', 'paused'] },
      ],
      limit: 500,
    });
    return found.map(({ data }) => data);
  }

  /** From tenant to tenant, whatever the length of their queues. */
  async #queues(
    begun: readonly Run[],
    room: number,
    isOwn: (path: string) => boolean,
  ): Promise<Queue[]> {
    const queues: Queue[] = [];
    const start = this.#from;
    let after = start;
    while (queues.length < TENANTS) {
      const tenantId = await this.#tenantAfter(after);
      if (tenantId === undefined) {
        // Around once, to where this look began.
        if (after === undefined || start === undefined) break;
        after = undefined;
        continue;
      }
      if (queues.some((queue) => queue.tenantId === tenantId)) break;
      queues.push(await this.#queueOf(tenantId, begun, room, isOwn));
      after = runPath(tenantId, LAST);
    }
    this.#from = queues.length < TENANTS ? undefined : after;
    return queues;
  }

  async #tenantAfter(path: string | undefined): Promise<string | undefined> {
    const [found] = await this.#store.query<Run>({
      collection: 'runs',
      group: true,
      where: [{ field: 'status', op: '==', value: 'queued' }],
      limit: 1,
      ...(path !== undefined && { startAfter: path }),
    });
    return found?.data.tenantId;
  }

  async #queueOf(
    tenantId: string,
    begun: readonly Run[],
    room: number,
    isOwn: (path: string) => boolean,
  ): Promise<Queue> {
    const [{ quotas }, found] = await Promise.all([
      tenantSettings(this.#store, tenantId),
      this.#store.query<Run>({
        collection: runsPath(tenantId),
        where: [{ field: 'status', op: '==', value: 'queued' }],
        orderBy: { field: 'createdAt', direction: 'asc' },
        // Some of them may be being taken by now; one more says whether others wait.
        limit: 2 * room + 1,
      }),
    ]);
    const runs = found.map(({ data }) => data);
    const taking = runs.filter((run) => isOwn(runPath(tenantId, run.runId)));
    return {
      tenantId,
      runs: runs.filter((run) => !taking.includes(run)),
      running:
        taking.length +
        begun.filter((run) => run.tenantId === tenantId && run.waitingFor === undefined).length,
      limit: quotas.concurrentRuns,
    };
  }
}
