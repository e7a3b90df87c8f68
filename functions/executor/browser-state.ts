import type { ArtifactStore } from '../../shared/artifacts/artifact-store.ts';
import { STATE_PREFIX } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import type { BrowserSession, BrowserState } from './browser-session.ts';

export async function saveBrowserState(
  artifacts: ArtifactStore,
  journal: RunJournal,
  session: BrowserSession,
  leaseEpoch: number,
  maskedValues: ReadonlySet<string> = new Set(),
): Promise<void> {
  const { tenantId, runId } = journal.run;
  const state = await session.saveState();
  const name = `${STATE_PREFIX}${leaseEpoch}-${journal.run.seq}.json`;
  await artifacts.put(tenantId, runId, name, new TextEncoder().encode(JSON.stringify(state)), {
    mediaType: 'application/json',
    encrypted: true,
  });
  // A secret that the site put into its address stays out of the log; the run then goes on from its start.
  const shown = decodeURIComponentSafely(state.url ?? '');
  const url = [...maskedValues].some((value) => shown.includes(value)) ? undefined : state.url;
  await journal.append(() => [
    { type: 'browser.state-saved', leaseEpoch, artifact: name, ...(url !== undefined && { url }) },
  ]);
}

/** The last saved state; undefined when there is none or it cannot be read (then the run starts from its URL). */
export async function loadBrowserState(
  artifacts: ArtifactStore,
  run: Run,
): Promise<BrowserState | undefined> {
  if (!run.browserState) return undefined;
  try {
    const { content } = await artifacts.get(run.tenantId, run.runId, run.browserState.artifact);
    const value: unknown = JSON.parse(new TextDecoder().decode(content));
    return value as BrowserState;
  } catch (error) {
    if (AppError.is(error, 'not_found') || AppError.is(error, 'store_corrupt')) return undefined;
    throw error;
  }
}

function decodeURIComponentSafely(text: string): string {
  try {
    return `${text} ${decodeURIComponent(text)}`;
  } catch {
    return text;
  }
}
