import { expect, it } from 'vitest';

import { untilNextMinute } from './clock.ts';

it.each([
  ['2026-11-27T10:00:00.000Z', 60_000],
  ['2026-11-27T10:00:00.001Z', 59_999],
  ['2026-11-27T10:00:59.999Z', 1],
])('from %s it is %i ms to the next minute', (at, ms) => {
  expect(untilNextMinute({ nowMs: () => Date.parse(at) })).toBe(ms);
});
