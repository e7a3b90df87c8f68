import type { BrowserContext, Frame } from 'playwright-core';

import type { Tab } from './tab.ts';

interface Kept {
  readonly origin: string;
  readonly localStorage: readonly { name: string; value: string }[];
  /** IndexedDB databases, which only Playwright's slower way can keep. */
  readonly databases: number;
}

/**
 * Origins whose documents a context has shown. Playwright's own `storageState` opens a page for each of them that is not shown any
 * more and reads every database: some 30 ms even for a page without storage, paid after each commit.
 */
export class StorageKeeper {
  readonly #context: BrowserContext;
  readonly #origins = new Set<string>();
  #restored = false;

  constructor(context: BrowserContext) {
    this.#context = context;
    const saw = (frame: Frame): void => {
      if (/^https?:/.test(frame.url())) this.#origins.add(new URL(frame.url()).origin);
    };
    context.on('page', (page) => {
      page.on('framenavigated', saw);
      for (const frame of page.frames()) saw(frame);
    });
  }

  /** Storage came with the context, of origins that may not be visited again. */
  restored(): void {
    this.#restored = true;
  }

  /** Cookies and storage, from the documents that are open where these are all there were. */
  async state(tabs: readonly Tab[]): Promise<unknown> {
    return (
      (await this.#fromOpen(tabs).catch(() => undefined)) ??
      this.#context.storageState({ indexedDB: true })
    );
  }

  async #fromOpen(tabs: readonly Tab[]): Promise<unknown> {
    if (this.#restored) return undefined;
    const [cookies, kept] = await Promise.all([
      this.#context.cookies(),
      Promise.all(tabs.map((tab) => this.#keptBy(tab))),
    ]);
    const byOrigin = new Map(kept.flat().map((each) => [each.origin, each]));
    for (const origin of this.#origins) if (!byOrigin.has(origin)) return undefined;
    if ([...byOrigin.values()].some((each) => each.databases > 0)) return undefined;
    const origins = [...byOrigin.values()]
      .filter((each) => each.localStorage.length > 0)
      .map(({ origin, localStorage }) => ({ origin, localStorage }));
    return { cookies, origins };
  }

  async #keptBy(tab: Tab): Promise<Kept[]> {
    const frames = await tab.frames.list();
    const kept = frames.map((frame) => tab.frames.call<Kept | null>(frame, 'kept', [], 1_000));
    return (await Promise.all(kept)).filter((each) => each !== null);
  }
}
