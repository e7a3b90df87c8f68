import { describe, expect, it } from 'vitest';

import { Schedule } from '../../shared/contracts/schedule.ts';
import { systemClock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import type { StateStore, StoredDocument, Write } from '../../shared/state/state-store.ts';
import { nextSlot } from '../../shared/tenants/next-slots.ts';
import { FROM, MINUTE, oracle, UNTIL } from './__fixtures__/slot-oracle.ts';
import { slotRunId, startDue } from './start-due.ts';

const SCHEDULES = 10_000;

/** Schedules ordered by `nextAt`, for a query of what is due: the one question that a tick asks. */
class DueStore {
  readonly documents = new Map<string, { data: Schedule; version: number }>();
  /** Minute -> paths that were due then when they were written. */
  readonly #byMinute = new Map<number, Set<string>>();
  #earliest = FROM;

  put(path: string, data: Schedule, version: number): void {
    this.documents.set(path, { data, version });
    if (data.nextAt === undefined) return;
    const at = Date.parse(data.nextAt);
    const bucket = this.#byMinute.get(at) ?? new Set();
    this.#byMinute.set(at, bucket.add(path));
  }

  due(until: number, limit: number): StoredDocument[] {
    const found: StoredDocument[] = [];
    let empty = true;
    for (let at = this.#earliest; at <= until && found.length < limit; at += MINUTE) {
      const bucket = this.#byMinute.get(at);
      for (const path of bucket ?? []) {
        const document = this.documents.get(path);
        if (!document || Date.parse(document.data.nextAt ?? '') !== at) bucket?.delete(path);
        else if (found.length < limit)
          found.push({ path, data: document.data, version: String(document.version), ageMs: 0 });
      }
      if (bucket?.size === 0) this.#byMinute.delete(at);
      else if (bucket) empty = false;
      if (empty) this.#earliest = Math.min(at, until);
    }
    return found;
  }

  asStore(onCommit: () => void): StateStore {
    return {
      query: async ({ limit = 1_000, where }: Parameters<StateStore['query']>[0]) =>
        this.due(Date.parse(String(where?.[0]?.value)), limit),
      commit: async ([write]: readonly Write[]) => {
        onCommit();
        if (write?.op !== 'update') throw new Error('a tick only updates');
        const before = this.documents.get(write.path);
        if (!before || String(before.version) !== write.ifVersion)
          throw new AppError('conflict', 'changed', { details: { path: write.path } });
        this.put(write.path, write.data as Schedule, before.version + 1);
        return [String(before.version + 1)];
      },
    } as unknown as StateStore;
  }
}

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Asia/Kolkata',
];
/** Clocks are changed on Sundays: most of these are about that day. */
const CRONS = [
  '30 2 * * 0',
  '30 1 * * 0',
  '0 0 * * 0',
  '15 3 * * 0',
  '59 23 L * *',
  '0 12 1 * *',
  '45 1 5 * *',
  '5 0 1 1 *',
  '0 6 15 */2 *',
  '0 9 * * 1',
];

const key = (cron: string, timeZone: string): string => `${cron}|${timeZone}`;

function makeSchedule(index: number): Schedule {
  const timing = {
    cron: CRONS[index % CRONS.length] ?? '',
    timeZone: ZONES[Math.floor(index / CRONS.length) % ZONES.length] ?? '',
  };
  const first = nextSlot(timing, FROM - MINUTE);
  return Schedule.parse({
    schemaVersion: 1,
    tenantId: 'acme',
    name: `s${index}`,
    uid: `sch_${index}`,
    ...timing,
    run: { goal: 'x', url: 'https://a.example/' },
    catchUp: (['all', 'latest', 'skip'] as const)[index % 3],
    maxCatchUp: 100,
    setBy: 'user:a@example.com',
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    ...(first !== undefined && { nextAt: new Date(first).toISOString() }),
  });
}

interface Played {
  readonly starts: Map<string, number>;
  readonly schedules: readonly Schedule[];
  /** Outages, from the first missed minute to the first tick after it. */
  readonly outages: readonly { from: number; to: number }[];
}

/** A year of ticks: doubled, missed, cut off in the middle, in bursts; `idOf` names the run of a slot. */
async function play(idOf: typeof slotRunId = slotRunId, size: number = SCHEDULES): Promise<Played> {
  let state = 20261127;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const due = new DueStore();
  const schedules = Array.from({ length: size }, (_each, index) => makeSchedule(index));
  for (const schedule of schedules) due.put(`tenants/acme/schedules/${schedule.name}`, schedule, 1);
  const starts = new Map<string, number>();
  const existing = new Set<string>();
  const outages: { from: number; to: number }[] = [];
  let now = FROM;
  let crashAfter = Infinity;
  const step = (): void => {
    crashAfter -= 1;
    if (crashAfter < 0)
      throw new AppError('store_unavailable', 'the process died', { retryable: true });
  };
  const store = due.asStore(step);
  const clock = { ...systemClock, nowMs: () => now, iso: () => new Date(now).toISOString() };
  const deps = {
    store,
    clock,
    log: silentLogger,
    start: async (_who: { runId?: string }, request: { labels: Record<string, string> }) => {
      step();
      const { schedule = '', slot = '' } = request.labels;
      const data = due.documents.get(`tenants/acme/schedules/${schedule}`)?.data;
      const runId = data ? idOf(data, Date.parse(slot)) : '';
      // `create` decides: the same id again starts nothing.
      if (existing.has(runId)) return;
      existing.add(runId);
      const name = `${schedule} ${slot}`;
      starts.set(name, (starts.get(name) ?? 0) + 1);
    },
  };
  for (let minute = FROM; minute < UNTIL; minute += MINUTE) {
    now = minute + random() * 20_000;
    const chance = random();
    if (chance < 0.000_05) {
      const from = minute;
      minute += Math.floor(10 + random() * 3_000) * MINUTE;
      minute = Math.min(minute, UNTIL - MINUTE);
      outages.push({ from, to: minute });
      now = minute + 1_000;
    }
    crashAfter = chance > 0.999 ? Math.floor(random() * 40) : Infinity;
    const tick = async (): Promise<unknown> => startDue(deps);
    if (chance > 0.99 && chance < 0.995) await Promise.all([tick(), tick()]);
    else await tick();
    if (crashAfter !== Infinity) {
      crashAfter = Infinity;
      await tick();
    }
  }
  return { starts, schedules, outages };
}

const ON_TIME = 3 * MINUTE;

/** What must have started, by the oracle and the policy. */
function expected({ schedules, outages }: Played): Set<string> {
  const slots = new Map<string, number[]>();
  const must = new Set<string>();
  for (const { name, cron, timeZone, catchUp } of schedules) {
    const id = key(cron, timeZone);
    const all = slots.get(id) ?? oracle(cron, timeZone);
    slots.set(id, all);
    for (const slot of all) {
      const outage = outages.find(({ from, to }) => from <= slot && slot < to);
      const missed = outage !== undefined && outage.to + 1_000 - slot >= ON_TIME;
      if (missed && catchUp === 'skip') continue;
      // The newest of an outage; what came on time with the first tick after it takes its place.
      if (missed && catchUp === 'latest') {
        const later = all.some(
          (other) => other > slot && outage !== undefined && other <= outage.to,
        );
        if (later) continue;
      }
      must.add(`${name} ${new Date(slot).toISOString()}`);
    }
  }
  return must;
}

describe('10,000 schedules over a year with changes of clocks, double and missed ticks, and restarts', () => {
  it('start each slot once, as their policies say', { timeout: 300_000 }, async () => {
    const played = await play();
    const must = expected(played);
    expect(must.size).toBeGreaterThan(200_000);
    expect(must.size).toBeLessThanOrEqual(1_000_000);
    expect(played.outages.length).toBeGreaterThan(5);
    const twice = [...played.starts].filter(([, count]) => count !== 1);
    expect(twice).toEqual([]);
    const never = [...must].filter((slot) => !played.starts.has(slot));
    const unasked = [...played.starts.keys()].filter((slot) => !must.has(slot));
    expect({ never: never.slice(0, 5), unasked: unasked.slice(0, 5) }).toEqual({
      never: [],
      unasked: [],
    });
  });

  it(
    'would start some twice if runs were not named after their slots',
    { timeout: 300_000 },
    async () => {
      let count = 0;
      const { starts } = await play(() => `run_${(count += 1)}`, 500);
      expect([...starts.values()].some((times) => times > 1)).toBe(true);
    },
  );
});
