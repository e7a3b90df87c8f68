import type { Browser } from 'playwright-core';

import { MAX_ARTIFACT_BYTES } from '../browser-session.ts';

const MAX_STOPPED = 1_000;

/**
 * Stops every file of a browser that becomes larger than is kept, whichever page, frame or window asked for it: the sessions of pages
 * do not tell of what a window asked for before it was a tab.
 */
export class DownloadLimit {
  /** How many of an address were stopped and not asked for. */
  readonly #stopped = new Map<string, number>();

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
        cancel(session, guid).catch(() => undefined);
      }
    });
    // Nothing runs in the default context: this only asks to be told of all.
    await session.send('Browser.setDownloadBehavior', { behavior: 'default', eventsEnabled: true });
    return limit;
  }

  #remember(url: string): void {
    this.#stopped.set(url, (this.#stopped.get(url) ?? 0) + 1);
    const [oldest] = this.#stopped.keys();
    if (this.#stopped.size > MAX_STOPPED && oldest !== undefined) this.#stopped.delete(oldest);
  }

  /** Whether a download of this address, which ended early, was stopped; asked once for each. */
  wasStopped(url: string): boolean {
    const count = this.#stopped.get(url) ?? 0;
    if (count > 1) this.#stopped.set(url, count - 1);
    else this.#stopped.delete(url);
    return count > 0;
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
