import type { Browser } from 'playwright-core';

import { MAX_ARTIFACT_BYTES } from '../browser-session.ts';

const MAX_STOPPED = 1_000;

/**
 * Stops every file of a browser that becomes larger than is kept, whichever page, frame or window asked for it: the sessions of pages
 * do not tell of what a window asked for before it was a tab.
 */
export class DownloadLimit {
  readonly #stopped = new Set<string>();

  /** Throws when the browser is gone. */
  static async of(browser: Browser): Promise<DownloadLimit> {
    const limit = new DownloadLimit();
    const session = await browser.newBrowserCDPSession();
    const addresses = new Map<string, string>();
    session.on('Browser.downloadWillBegin', ({ guid, url }) => addresses.set(guid, url));
    session.on('Browser.downloadProgress', ({ guid, receivedBytes, totalBytes, state }) => {
      const url = addresses.get(guid);
      if (state !== 'inProgress') addresses.delete(guid);
      else if (receivedBytes > MAX_ARTIFACT_BYTES || totalBytes > MAX_ARTIFACT_BYTES) {
        addresses.delete(guid);
        if (url === undefined) return;
        limit.#remember(url);
        void cancel(session, guid);
      }
    });
    // Nothing runs in the default context: this only asks to be told of all.
    await session.send('Browser.setDownloadBehavior', { behavior: 'default', eventsEnabled: true });
    return limit;
  }

  #remember(url: string): void {
    this.#stopped.add(url);
    const [oldest] = this.#stopped;
    if (this.#stopped.size > MAX_STOPPED && oldest !== undefined) this.#stopped.delete(oldest);
  }

  /** Whether a download of this address was stopped since this was last asked. */
  wasStopped(url: string): boolean {
    return this.#stopped.delete(url);
  }
}

type Session = Awaited<ReturnType<Browser['newBrowserCDPSession']>>;

/** Whose it is was not told. */
async function cancel(session: Session, guid: string): Promise<void> {
  const { browserContextIds } = await session.send('Target.getBrowserContexts');
  await Promise.allSettled(
    browserContextIds.map((browserContextId) =>
      session.send('Browser.cancelDownload', { guid, browserContextId }),
    ),
  );
}
