import type { ErrorCode } from '../../shared/contracts/error-code.ts';

/** How one ownership of a run came to its end. */
export type SessionEnd = 'ended' | 'parked' | 'shutdown' | 'lease-lost' | 'browser-lost';

/** What ends a run's work besides the work itself: `run_cancelled`, `run_paused`, `run_expired`. */
export type Stop = 'cancelled' | 'paused' | 'expired';

/** Why a wait for a person gave no answer. */
export type Interruption = SessionEnd | Stop;

const STOPS: Readonly<Partial<Record<ErrorCode, Stop>>> = {
  run_cancelled: 'cancelled',
  run_paused: 'paused',
  run_expired: 'expired',
};

export function stopOfCode(code: ErrorCode): Stop | undefined {
  return STOPS[code];
}

export function isStop(end: unknown): end is Stop {
  return end === 'cancelled' || end === 'paused' || end === 'expired';
}

/** What says nothing about the run itself: it is taken up again. */
export const NOT_THE_RUN: ReadonlySet<ErrorCode> = new Set([
  'store_unavailable',
  'disk_full',
  'newer_version',
]);
