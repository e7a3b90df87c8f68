import { expect, it } from 'vitest';

import type { LedgerEntry } from './ledger.ts';
import { createSignInGuard, lockMs, wrongTriesBeforeLock } from './sign-in-guard.ts';

const entry = (kind: string, at: number): LedgerEntry => ({
  seq: 1,
  at: new Date(at).toISOString(),
  kind,
  effect: true,
  data: { username: 'mara' },
});

it('locks one user for a minute after five wrong tries', () => {
  const guard = createSignInGuard();
  for (let tries = 1; tries < wrongTriesBeforeLock; tries += 1) guard.failed('mara', 0);
  expect(guard.lockedForMs('mara', 0)).toBe(0);
  guard.failed('mara', 0);
  expect(guard.lockedForMs('mara', 0)).toBe(lockMs);
  expect(guard.lockedForMs('jonas', 0)).toBe(0);
  expect(guard.lockedForMs('mara', lockMs)).toBe(0);
});

it('starts counting anew after a lock and after a success', () => {
  const guard = createSignInGuard();
  for (let tries = 0; tries < wrongTriesBeforeLock; tries += 1) guard.failed('mara', 0);
  guard.failed('mara', lockMs);
  expect(guard.lockedForMs('mara', lockMs)).toBe(0);
  guard.succeeded('mara');
  for (let tries = 1; tries < wrongTriesBeforeLock; tries += 1) guard.failed('mara', lockMs);
  expect(guard.lockedForMs('mara', lockMs)).toBe(0);
});

it('keeps a lock over a restart', () => {
  const failures = Array.from({ length: 5 }, () => entry('sign-in-failed', 1000));
  expect(createSignInGuard(failures).lockedForMs('mara', 2000)).toBe(lockMs - 1000);
  const interrupted = [...failures.slice(1), entry('sign-in', 1000), ...failures.slice(4)];
  expect(createSignInGuard(interrupted).lockedForMs('mara', 2000)).toBe(0);
});
