import { AppError } from '../../../shared/core/errors.ts';
import { DocumentGone } from './frame-record.ts';
import type { Tab } from './tab.ts';

const NETWORK_MS = 2_000;
const POPUP_MS = 5_000;
const DOWNLOAD_MS = 120_000;

/** What was so before an act, to tell what the act set going. */
export interface Before {
  readonly traffic: number;
  readonly documentId: string;
  readonly url: string;
  readonly dialogs: number;
  readonly downloads: number;
}

export function before(tab: Tab): Before {
  tab.refusal = undefined;
  tab.unreachable = undefined;
  return {
    traffic: tab.traffic.mark,
    documentId: tab.documentId,
    url: tab.page.url(),
    dialogs: tab.dialogs,
    downloads: tab.downloads.begun,
  };
}

/** `changesFrom`: the value before input that is still on its way. */
export interface Ask {
  readonly name: string;
  readonly ref: number;
  readonly changesFrom?: string;
}

/**
 * Waits for what an act set going, by facts: a navigation to commit and reach DOMContentLoaded, requests that it started to end
 * (within a bound), a window or a download that it opened, and the document to stop changing. No fixed pauses.
 */
export async function settle(
  tab: Tab,
  since: Before,
  options: {
    untilMs: number;
    frames: number;
    signal?: AbortSignal;
    /** Asked in the call that finds the document quiet; its last answer is given back. */
    ask?: Ask;
  },
): Promise<unknown> {
  const left = (): number => Math.max(0, options.untilMs - performance.now());
  const interrupted = (): boolean => tab.dialog !== undefined || tab.crashed || tab.closed;
  let networkUntil = performance.now() + NETWORK_MS;
  let documentId = since.documentId;
  for (let rounds = 0; rounds < 20; rounds += 1) {
    if (tab.navigating || !tab.domReady) {
      const ready = await tab.until(
        () =>
          interrupted() ||
          (!tab.navigating && tab.domReady) ||
          tab.downloads.begun > since.downloads,
        left(),
        options.signal,
      );
      if (!ready)
        throw new AppError('action_timeout', `the page did not finish loading: ${tab.page.url()}`, {
          retryable: true,
        });
      if (tab.downloads.begun > since.downloads) tab.navigating = false;
    }
    if (interrupted() || options.signal?.aborted) return undefined;
    if (tab.documentId !== documentId) {
      documentId = tab.documentId;
      networkUntil = performance.now() + NETWORK_MS;
    }
    // What is known to be under way is waited for first, so that the document is asked once.
    if (!tab.traffic.isQuiet(since.traffic)) {
      const calm = await tab.until(
        () => interrupted() || tab.navigating || tab.traffic.isQuiet(since.traffic),
        Math.min(left(), networkUntil - performance.now()),
        options.signal,
      );
      if (!calm) tab.traffic.giveUp(since.traffic);
      if (interrupted()) return undefined;
      if (tab.navigating) continue;
    }
    const value = await quiet(tab, options.frames, left(), options.ask);
    if (interrupted()) return undefined;
    if (tab.opening > 0) {
      await tab.until(
        () => tab.opening === 0 || interrupted(),
        Math.min(POPUP_MS, left()),
        options.signal,
      );
      tab.opening = 0;
    }
    if (!tab.downloads.isIdle)
      await tab.until(() => tab.downloads.isIdle, DOWNLOAD_MS, options.signal);
    if (tab.navigating || !tab.domReady) continue;
    if (tab.traffic.isQuiet(since.traffic)) return value;
  }
  return undefined;
}

async function quiet(
  tab: Tab,
  frames: number,
  leftMs: number,
  ask: Ask | undefined,
): Promise<unknown> {
  try {
    const work = tab.frames.call<{ title: string; value?: unknown }>(
      tab.frames.main,
      'quiet',
      [{ frames, maxMs: Math.min(300, leftMs), ask }],
      Math.max(1_000, Math.min(5_000, leftMs)),
    );
    const seen = await tab.orDialog(work);
    if (seen) tab.title = seen.title;
    return seen?.value;
  } catch (error) {
    if (!(error instanceof DocumentGone)) throw error;
    return undefined;
  }
}
