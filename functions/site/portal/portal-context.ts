import type { Ledger } from '../ledger.ts';
import type { SessionStore } from '../sessions.ts';
import type { SignInGuard } from '../sign-in-guard.ts';
import type { PortalData } from './portal-data.ts';
import type { PortalFacts } from './portal-facts.ts';
import type { Theme } from './theme.ts';

/** What the portal's handlers work on. */
export interface Portal {
  readonly theme: Theme;
  readonly data: PortalData;
  readonly facts: PortalFacts;
  readonly ledger: Ledger;
  readonly sessions: SessionStore;
  readonly guard: SignInGuard;
  readonly now: () => number;
  /** Cookies ignore ports, so two sites on one address need two names. */
  readonly cookieName: string;
  /** Filled in once both ports are bound. */
  readonly origins: { portal: string; pay: string };
}
