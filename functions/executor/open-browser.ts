import type { Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import { loadProfile } from './browser-profile.ts';
import type { BrowserSession, BrowserState } from './browser-session.ts';
import { loadBrowserState } from './browser-state.ts';
import type { ExecutorDeps } from './deps.ts';
import type { RunHost } from './session-host.ts';

export interface OpenedBrowser {
  readonly session: BrowserSession;
  /** Log-ins and storage came with it. */
  readonly restored: boolean;
  /** What this run saved earlier. */
  readonly saved: BrowserState | undefined;
}

/** The run's browser: with what it saved itself, else with its profile, else empty. */
export async function openBrowser(
  { artifacts, pool, log }: ExecutorDeps,
  run: Run,
  host: RunHost,
  signal: AbortSignal,
): Promise<OpenedBrowser> {
  const { browser } = run.contract;
  const saved = await loadBrowserState(artifacts, run);
  const state = saved ?? (await loadProfile(artifacts, run));
  const proxyLogin = await host.proxyLogin();
  const session = await pool.open(host, {
    // Its URL is opened as a step of its own, with an intent.
    ...(state && { state: { storage: state.storage, url: undefined } }),
    ...(browser && { browser }),
    ...(run.contract.trace && { trace: run.contract.trace }),
    ...(proxyLogin && { proxyLogin }),
    signal,
    onWait: (reason) => log.warn('a run waits for its browser', { runId: run.runId, reason }),
  });
  return { session, restored: state !== undefined, saved };
}

/** Why this browser may not be logged in where the run was, if so: a page that shows its guests "no orders" must not be believed. */
export async function signedOut(
  { session, saved }: OpenedBrowser,
  run: Run,
): Promise<string | undefined> {
  if (!saved) return run.usedSecret ? 'the log-in could not be restored' : undefined;
  if (saved.url === undefined || saved.signIn === true) return undefined;
  try {
    const { signIn } = await session.lookUp(saved.url);
    return signIn ? 'the restored log-in is over' : undefined;
  } catch (error) {
    const { code, message } = AppError.from(error);
    if (code === 'browser_lost' || code === 'page_crashed' || code === 'lease_lost') throw error;
    return `whether the restored log-in still holds is not known (${message})`;
  }
}
