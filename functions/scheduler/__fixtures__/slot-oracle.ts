export const MINUTE = 60_000;
const DAY = 86_400_000;
/** The year that is played. */
export const FROM = Date.parse('2026-01-01T00:00:00Z');
export const UNTIL = Date.parse('2027-01-01T00:00:00Z');

/** Fields of local time, by the hour of UTC: what the oracle knows of time zones comes from here alone. */
function localTimes(zone: string) {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    weekday: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  const offsets = new Map<number, number>();
  return (ms: number): number => {
    // Offsets change on half hours at the finest.
    const half = Math.floor(ms / (30 * MINUTE));
    let offset = offsets.get(half);
    if (offset === undefined) {
      const parts = Object.fromEntries(
        format.formatToParts(half * 30 * MINUTE).map(({ type, value }) => [type, value]),
      );
      const [year, month, day, hour, minute] = ['year', 'month', 'day', 'hour', 'minute'].map(
        (name) => Number(parts[name]),
      );
      offset = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute) - half * 30 * MINUTE;
      offsets.set(half, offset);
    }
    return ms + offset;
  };
}

function matcher(field: string, min: number, max: number): (value: number) => boolean {
  const all = new Set<number>();
  for (const part of field.split(',')) {
    const [range = '', step = '1'] = part.split('/');
    const [low, high] = range === '*' ? [min, max] : range.split('-').map(Number);
    for (let value = low ?? min; value <= (high ?? low ?? max); value += Number(step))
      all.add(value);
  }
  return (value) => all.has(value);
}

const localMinutes = new Map<string, Float64Array>();

/** Local time of each minute of the year, in ms as if it were UTC. */
function localYear(zone: string): Float64Array {
  const known = localMinutes.get(zone);
  if (known) return known;
  const local = localTimes(zone);
  const year = Float64Array.from({ length: (UNTIL - FROM) / MINUTE + 1 }, (_each, index) =>
    local(FROM + (index - 1) * MINUTE),
  );
  localMinutes.set(zone, year);
  return year;
}

/** By brute force, minute by minute, sharing nothing with the scheduler: which minutes of UTC are slots of a pattern. */
export function oracle(cron: string, zone: string): number[] {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = cron.split(' ');
  const inMonth = matcher(month, 1, 12);
  const onDay = day === 'L' ? undefined : matcher(day, 1, 31);
  const onWeekday = matcher(weekday, 0, 6);
  const matchesDate = (at: number): boolean => {
    const time = new Date(at);
    const lastDay = new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + 1, 0));
    const byDay = onDay ? onDay(time.getUTCDate()) : time.getUTCDate() === lastDay.getUTCDate();
    return inMonth(time.getUTCMonth() + 1) && byDay && onWeekday(time.getUTCDay());
  };
  const wanted = (Number(hour) * 60 + Number(minute)) * MINUTE;
  const year = localYear(zone);
  const slots: number[] = [];
  let doneOn = -1;
  for (let index = 1; index < year.length; index += 1) {
    const before = year[index - 1] ?? 0;
    const time = year[index] ?? 0;
    const today = Math.floor(time / DAY);
    const at = today * DAY + wanted;
    // Reached, or jumped over by a clock that was put forward; once a day, also when it is put back.
    const jumped = time - before > MINUTE && before < at && at < time;
    if ((time === at || jumped) && doneOn < today && matchesDate(at)) {
      slots.push(FROM + (index - 1) * MINUTE);
      doneOn = today;
    }
  }
  return slots;
}

