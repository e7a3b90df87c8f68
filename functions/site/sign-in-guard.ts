import type { LedgerEntry } from './ledger.ts';

export const wrongTriesBeforeLock = 5;
export const lockMs = 60_000;
const maxUsers = 1000;

export interface SignInGuard {
  /** Milliseconds until this user may try again; 0 when they may try now. */
  lockedForMs(username: string, at: number): number;
  failed(username: string, at: number): void;
  succeeded(username: string): void;
}

/** Counts wrong tries per user name, known or not, so that the lock does not tell which names exist. */
export function createSignInGuard(history: readonly LedgerEntry[] = []): SignInGuard {
  const users = new Map<string, { wrong: number; lockedUntil: number }>();

  const guard: SignInGuard = {
    lockedForMs: (username, at) => Math.max(0, (users.get(username)?.lockedUntil ?? 0) - at),
    failed(username, at) {
      const wrong = (users.get(username)?.wrong ?? 0) + 1;
      const locks = wrong >= wrongTriesBeforeLock;
      users.delete(username);
      users.set(username, { wrong: locks ? 0 : wrong, lockedUntil: locks ? at + lockMs : 0 });
      const oldest = users.keys().next();
      if (users.size > maxUsers && !oldest.done) users.delete(oldest.value);
    },
    succeeded(username) {
      users.delete(username);
    },
  };

  // A restart must not unlock anybody.
  for (const entry of history) {
    const { username } = entry.data;
    if (typeof username !== 'string') continue;
    if (entry.kind === 'sign-in-failed') guard.failed(username, Date.parse(entry.at));
    if (entry.kind === 'sign-in') guard.succeeded(username);
  }
  return guard;
}
