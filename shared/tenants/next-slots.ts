import { Cron } from 'croner';

import type { Schedule } from '../contracts/schedule.ts';
import { AppError } from '../core/errors.ts';

type Timing = Pick<Schedule, 'cron' | 'timeZone'>;

const MAX_KNOWN = 2_000;
const MAX_SLOTS = 10_000;
const MINUTE_MS = 60_000;
/** A slot that is looked at this much later was not missed: ticks come once a minute and may be late. */
const ON_TIME_MS = 3 * MINUTE_MS;

const crons = new Map<string, Cron>();
const slots = new Map<string, number | undefined>();

function remember<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined || map.has(key)) return known as T;
  const value = make();
  if (map.size >= MAX_KNOWN) map.delete(map.keys().next().value ?? '');
  map.set(key, value);
  return value;
}

function cronOf({ cron, timeZone }: Timing): Cron {
  return remember(crons, `${cron}|${timeZone}`, () => {
    try {
      const made = new Cron(cron, { timezone: timeZone, paused: true, mode: '5-part' });
      made.nextRun(new Date(0));
      return made;
    } catch (error) {
      const said = error instanceof Error ? error.message : '';
      const zone = /time ?zone/i.test(said);
      throw new AppError(
        'invalid_request',
        zone
          ? `timeZone: "${timeZone}" is no IANA time zone, such as Europe/Berlin`
          : `cron: ${said.replace(/^CronPattern: /, '')}; five fields: minute, hour, day of month, month, day of week`,
        { cause: error },
      );
    }
  });
}

/**
 * The first slot after `afterMs`, in ms since the epoch; undefined when there is none. Thousands of schedules share few patterns, so what
 * was worked out is kept. Over a change of clocks: fixed times (no `*` or `/` in minute and hour) that do not exist run right after the
 * gap, those that exist twice run once; other patterns run at each real minute that matches. Errors: `invalid_request`.
 */
export function nextSlot(timing: Timing, afterMs: number): number | undefined {
  const from = Math.floor(afterMs / MINUTE_MS) * MINUTE_MS;
  const key = `${timing.cron}|${timing.timeZone}|${from}`;
  return remember(slots, key, () => cronOf(timing).nextRun(new Date(from))?.getTime());
}

/** The next `count` slots after `afterMs`. */
export function nextSlots(timing: Timing, afterMs: number, count: number): number[] {
  const found: number[] = [];
  for (let at = nextSlot(timing, afterMs); at !== undefined && found.length < count;) {
    found.push(at);
    at = nextSlot(timing, at);
  }
  return found;
}

export interface DueSlots {
  /** To be started, oldest first. */
  readonly start: readonly number[];
  /** First slot that is not due yet. */
  readonly nextAt: number | undefined;
}

/** Which slots from `nextAt` to `nowMs` are to be started under the schedule's policy. Pure. */
export function dueSlots(
  schedule: Timing & Pick<Schedule, 'catchUp' | 'maxCatchUp'>,
  nextAtMs: number,
  nowMs: number,
): DueSlots {
  // After a very long time only the newest can matter: no policy starts more than `maxCatchUp`.
  let due = slotsUntil(schedule, nextAtMs - 1, nowMs);
  if (due === undefined) due = slotsUntil(schedule, nowMs - MAX_SLOTS * MINUTE_MS, nowMs) ?? [];
  const nextAt = nextSlot(schedule, nowMs);
  const onTime = due.filter((slot) => nowMs - slot < ON_TIME_MS);
  const missed = due.filter((slot) => nowMs - slot >= ON_TIME_MS);
  switch (schedule.catchUp) {
    case 'skip':
      return { start: onTime, nextAt };
    case 'latest':
      return { start: onTime.length > 0 ? onTime : missed.slice(-1), nextAt };
    case 'all':
      return { start: [...missed.slice(-schedule.maxCatchUp), ...onTime], nextAt };
  }
}

function slotsUntil(timing: Timing, afterMs: number, nowMs: number): number[] | undefined {
  const due: number[] = [];
  for (
    let slot = nextSlot(timing, afterMs);
    slot !== undefined && slot <= nowMs;
    slot = nextSlot(timing, slot)
  ) {
    due.push(slot);
    if (due.length > MAX_SLOTS) return undefined;
  }
  return due;
}
