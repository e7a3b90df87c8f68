import { AppError } from '../../../shared/core/errors.ts';
import { DocumentGone, type FrameRecord } from './frame-record.ts';
import type { Tab } from './tab.ts';

const NETWORK_MS = 2_000;
/** What a commit sent is waited for longer: a page may be quiet and the site still at it. */
const ANSWER_MS = 15_000;
const POPUP_MS = 5_000;
/** Until a file that was answered, or that a link saves, begins. One that comes later is told by a later step. */
export const DOWNLOAD_BEGINS_MS = 3_000;
const DOWNLOAD_MS = 120_000;
const IMPATIENT_ROUNDS = 3;
const STIRRED = Symbol('the page set something going');
/** Longer than anybody is waited for: the wait for a person ends by itself. */
const HELD_MS = 3_600_000;

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
    /** Where the act was: these documents have to come to rest too, and tell first what they sent. */
    places?: readonly FrameRecord[];
  },
): Promise<unknown> {
  const held = tab.gate.heldMs;
  const left = (): number =>
    Math.max(0, options.untilMs + tab.gate.heldMs - held - performance.now());
  const interrupted = (): boolean => tab.dialog !== undefined || tab.crashed || tab.closed;
  let networkUntil = performance.now() + NETWORK_MS;
  const answerUntil = performance.now() + ANSWER_MS;
  let fileUntil: number | undefined;
  let documentId = since.documentId;
  for (let rounds = 0; rounds < 20; rounds += 1) {
    if (tab.gate.holding) {
      // A person decides about what would leave: the page's own clock stands still.
      await tab.until(() => !tab.gate.holding, HELD_MS, options.signal);
      networkUntil = performance.now() + NETWORK_MS;
    }
    if (tab.navigating || !tab.domReady) {
      const ready = await tab.until(
        () =>
          interrupted() ||
          tab.gate.holding ||
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
      if (tab.gate.holding) continue;
    }
    if (interrupted() || options.signal?.aborted) return undefined;
    if (tab.documentId !== documentId) {
      documentId = tab.documentId;
      networkUntil = performance.now() + NETWORK_MS;
    }
    const answered = (): boolean => !tab.traffic.awaits(tab.gate.sent);
    if (!answered()) {
      await tab.until(
        () => interrupted() || tab.gate.holding || tab.navigating || answered(),
        Math.min(left(), answerUntil + tab.gate.heldMs - held - performance.now()),
        options.signal,
      );
      if (interrupted() || options.signal?.aborted) return undefined;
      if (tab.navigating || tab.gate.holding) continue;
      if (answered()) networkUntil = performance.now() + NETWORK_MS;
    }
    // What is known to be under way is waited for first, so that the document is asked once.
    if (!tab.traffic.isQuiet(since.traffic)) {
      const calm = await tab.until(
        () =>
          interrupted() || tab.gate.holding || tab.navigating || tab.traffic.isQuiet(since.traffic),
        Math.min(left(), networkUntil - performance.now()),
        options.signal,
      );
      if (!calm) tab.traffic.giveUp(since.traffic);
      if (interrupted()) return undefined;
      if (tab.navigating || tab.gate.holding) continue;
    }
    // A request that begins meanwhile is waited for at once, and the document asked again: but not for ever on a page that never rests.
    const stirs = new AbortController();
    const asked = quiet(tab, options, left());
    if (rounds < IMPATIENT_ROUNDS) {
      const stirred = tab
        .until(
          () =>
            interrupted() ||
            tab.gate.holding ||
            tab.navigating ||
            !tab.traffic.isQuiet(since.traffic),
          left(),
          stirs.signal,
        )
        .then((held) => (held ? STIRRED : asked));
      const first = await Promise.race([asked, stirred]).finally(() => stirs.abort());
      if (first === STIRRED) {
        asked.catch(() => undefined);
        if (interrupted()) return undefined;
        continue;
      }
    }
    const value = await asked;
    if (interrupted()) return undefined;
    if (tab.opening > 0) {
      await tab.until(
        () => tab.opening === 0 || interrupted(),
        Math.min(POPUP_MS, left()),
        options.signal,
      );
      tab.opening = 0;
    }
    if (tab.downloads.coming > 0) {
      fileUntil ??= performance.now() + DOWNLOAD_BEGINS_MS;
      await tab.until(
        () => tab.downloads.coming === 0 || interrupted(),
        Math.min(fileUntil - performance.now(), left()),
        options.signal,
      );
      // What a page may not save never begins.
      tab.downloads.coming = 0;
    }
    if (!tab.downloads.isIdle(tab.page, since.downloads)) {
      const arrived = (): boolean => tab.downloads.isIdle(tab.page, since.downloads);
      if (!(await tab.until(arrived, DOWNLOAD_MS, options.signal)))
        tab.downloads.giveUp(tab.page, since.downloads);
    }
    if (tab.navigating || !tab.domReady || tab.gate.holding) continue;
    if (tab.traffic.isQuiet(since.traffic)) return value;
  }
  return undefined;
}

async function quiet(
  tab: Tab,
  { frames, ask, places = [] }: { frames: number; ask?: Ask; places?: readonly FrameRecord[] },
  leftMs: number,
): Promise<unknown> {
  const { main } = tab.frames;
  const askIn = (where: FrameRecord): Promise<{ title: string; value?: unknown } | undefined> =>
    tab.frames
      .call<{ title: string; value?: unknown }>(
        where,
        'quiet',
        [{ frames, maxMs: Math.min(300, leftMs), ...(where === main && { ask }) }],
        Math.max(1_000, Math.min(5_000, leftMs)),
      )
      .catch((error: unknown) => {
        if (!(error instanceof DocumentGone)) throw error;
        return undefined;
      });
  const answers = await tab.orDialog(Promise.all([...new Set([main, ...places])].map(askIn)));
  const seen = answers?.[0];
  if (seen) tab.title = seen.title;
  return seen?.value;
}
