import { z } from 'zod';

import type { ArtifactStore } from '../../shared/artifacts/artifact-store.ts';
import { STATE_PREFIX } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import type { TaskContract } from '../../shared/contracts/task-contract.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import { mayFetch } from '../../shared/policy/origins.ts';
import type { BrowserSession, BrowserState } from './browser-session.ts';
import type { ExecutorDeps } from './deps.ts';

/** Profiles lie beside the tenant's runs, under a name that no run has. */
const PLACE = 'profiles';

/** Cookies and storage as Playwright writes them; what else it writes of an entry is kept. */
const Storage = z.looseObject({
  cookies: z.array(z.looseObject({ name: z.string(), domain: z.string(), path: z.string() })),
  origins: z.array(z.looseObject({ origin: z.string() })),
});
type Storage = z.infer<typeof Storage>;

const fileOf = (profile: string): string => `${STATE_PREFIX}profile-${profile}.json`;

function hostsOf(contract: TaskContract): { host: string; below: boolean }[] {
  return [...contract.navigate, ...contract.resources].map((rule) =>
    typeof rule === 'string'
      ? { host: new URL(rule).hostname, below: false }
      : { host: rule.suffix, below: true },
  );
}

/** A cookie fits when a host of the contract would send it. */
function cookieFits(contract: TaskContract, domain: string): boolean {
  const name = domain.replace(/^\./, '');
  const wide = domain.startsWith('.');
  return hostsOf(contract).some(
    ({ host, below }) =>
      host === name || (wide && host.endsWith(`.${name}`)) || (below && name.endsWith(`.${host}`)),
  );
}

/** What of it belongs to the sites of the contract (`true`), or to all others. */
function partOf(contract: TaskContract, storage: Storage, fits: boolean): Storage {
  return {
    cookies: storage.cookies.filter(({ domain }) => cookieFits(contract, domain) === fits),
    origins: storage.origins.filter(({ origin }) => mayFetch(contract, origin) === fits),
  };
}

async function stored(artifacts: ArtifactStore, run: Run, profile: string): Promise<Storage> {
  try {
    const { content } = await artifacts.get(run.tenantId, PLACE, fileOf(profile));
    return Storage.parse(JSON.parse(new TextDecoder().decode(content)));
  } catch (error) {
    if (AppError.is(error, 'not_found')) return { cookies: [], origins: [] };
    throw error;
  }
}

/** The log-ins that the run's profile keeps for the sites of its contract; undefined when it has no profile. */
export async function loadProfile(
  artifacts: ArtifactStore,
  run: Run,
): Promise<BrowserState | undefined> {
  const profile = run.contract.browser?.profile;
  if (profile === undefined) return undefined;
  const storage = partOf(run.contract, await stored(artifacts, run, profile), true);
  return { storage, url: undefined };
}

/** At the end of a run that succeeded; its result stands also where its log-ins could not be kept. */
export async function keepProfile(
  { artifacts, log }: Pick<ExecutorDeps, 'artifacts' | 'log'>,
  { run }: Pick<RunJournal, 'run'>,
  session: BrowserSession,
): Promise<void> {
  if (run.contract.browser?.profile === undefined) return;
  try {
    await saveProfile(artifacts, run, await session.saveState());
  } catch (error) {
    const { code, message } = AppError.from(error);
    log.warn('the profile was not saved', { runId: run.runId, code, error: message });
  }
}

/** Keeps what the run's browser holds for the sites of its contract; what the profile holds for other sites stays. */
export async function saveProfile(
  artifacts: ArtifactStore,
  run: Run,
  state: BrowserState,
): Promise<void> {
  const profile = run.contract.browser?.profile;
  if (profile === undefined) return;
  const others = partOf(run.contract, await stored(artifacts, run, profile), false);
  const own = partOf(run.contract, Storage.parse(state.storage), true);
  const merged: Storage = {
    cookies: [...others.cookies, ...own.cookies],
    origins: [...others.origins, ...own.origins],
  };
  const content = new TextEncoder().encode(JSON.stringify(merged));
  await artifacts.put(run.tenantId, PLACE, fileOf(profile), content, {
    mediaType: 'application/json',
    encrypted: true,
  });
}
