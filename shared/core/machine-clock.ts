import { readFileSync } from 'node:fs';

import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';

/**
 * The machine's monotonic clock: the same for every process since the machine started (CLOCK_MONOTONIC), untouched by changes of
 * the wall clock. Readings of two processes may be compared as long as their `machineBootId` is the same.
 */
export const machineClock: Clock = {
  ...systemClock,
  // oxlint-disable-next-line no-restricted-globals -- hrtime is the only reading that processes share; no environment is read
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
};

let known: string | undefined;

/** Names this start of the machine; a reading stored under another name says nothing about its age. */
export function machineBootId(): string {
  known ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return known;
}
