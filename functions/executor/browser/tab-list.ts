import type { BrowserContext, Page, Request } from 'playwright-core';

import { AppError } from '../../../shared/core/errors.ts';
import type { SessionHost } from '../browser-session.ts';
import type { EgressPass } from '../egress/egress.ts';
import { Observer } from '../observe/observer.ts';
import { rootChannel } from './cdp-channel.ts';
import type { DownloadLimit } from './download-limit.ts';
import { Downloads } from './downloads.ts';
import type { RefCounters } from './frames.ts';
import { guardOrigins, refusal, toldOf } from './origin-guard.ts';
import { before, type Before } from './settle.ts';
import { Tab } from './tab.ts';
import { WireGate } from './wire-gate.ts';

const MAX_POPUPS = 20;

export interface TabListOptions {
  readonly context: BrowserContext;
  readonly host: SessionHost;
  readonly key: string;
  /** Digest of a value, keyed by the run. */
  readonly digest: (value: string) => string;
  readonly onCrash: () => void;
  readonly pass: EgressPass;
  readonly downloadLimit: DownloadLimit;
}

/** What asks for a document in a window that has a name, as a link or a script of another page does. */
const BY_ANOTHER_PAGE = /^(anchorClick|formSubmission(Get|Post)|other)$/;

/** A window at hand in which the act under way shows something; `since`: what was so when it asked. */
export interface Reused {
  readonly tab: Tab;
  readonly since: Before;
}

/** The tabs of a run; windows that pages open become tabs, and the current one, as they would for a person. */
export class TabList {
  readonly counters: RefCounters = { frame: 1, main: 1 };
  readonly gate: WireGate;
  readonly downloads: Downloads;
  readonly #options: TabListOptions;
  readonly #tabs = new Map<Page, { tab: Tab; observer: Observer; opener: Tab | undefined }>();
  #adopting = new Map<Page, Promise<void>>();
  #current: Tab | undefined;
  #lastId = 0;
  #popups = 0;
  #reused: Reused | undefined;
  /** Windows opened by our own doing are awaited there, not adopted. */
  #own = 0;

  constructor(options: TabListOptions) {
    this.#options = options;
    const changed = (): void => {
      for (const { tab } of this.#tabs.values()) tab.changed();
    };
    this.downloads = new Downloads(options.host, options.downloadLimit, changed);
    this.gate = new WireGate({
      context: options.context,
      digest: options.digest,
      isGuarded: (request) => this.#isGuarded(request),
      mayLeave: (url, document) => this.#mayLeave(url, document),
      changed,
    });
    options.context.on('page', (page) => {
      if (this.#own === 0)
        this.#adopting.set(
          page,
          this.#adopt(page).finally(() => this.#adopting.delete(page)),
        );
    });
  }

  get digest(): (value: string) => string {
    return this.#options.digest;
  }

  get current(): Tab {
    if (!this.#current) throw new AppError('browser_lost', 'the browser has no page any more');
    return this.#current;
  }

  get observer(): Observer {
    const entry = this.#tabs.get(this.current.page);
    if (!entry) throw new AppError('browser_lost', 'the browser has no page any more');
    return entry.observer;
  }

  /** Does something with the current tab, and with the next one where it closes meanwhile, as windows do by themselves. */
  async withCurrent<Result>(work: (tab: Tab) => Promise<Result>): Promise<Result> {
    for (;;) {
      const tab = this.current;
      try {
        return await work(tab);
      } catch (error) {
        if (!(await tab.closesOn(error))) throw error;
      }
    }
  }

  all(): Tab[] {
    return [...this.#tabs.values()].map((entry) => entry.tab);
  }

  async open(): Promise<Tab> {
    this.#own += 1;
    try {
      const page = await this.#options.context.newPage();
      return (this.#current = await this.#attach(page));
    } finally {
      this.#own -= 1;
    }
  }

  /** A page that is no tab: for looking something up, under the same origins and log-ins. */
  async aside(): Promise<Page> {
    const { context, host, pass } = this.#options;
    this.#own += 1;
    try {
      const page = await context.newPage();
      const channel = rootChannel(await context.newCDPSession(page));
      const { targetInfo } = await channel.send<{ targetInfo: { targetId: string } }>(
        'Target.getTargetInfo',
      );
      await guardOrigins({
        channel,
        host,
        pass,
        gate: this.gate,
        isMain: (frameId) => frameId === targetInfo.targetId,
        refused: () => undefined,
      });
      return page;
    } finally {
      this.#own -= 1;
    }
  }

  async switch(id: string): Promise<void> {
    const tab = this.all().find((each) => each.id === id);
    if (!tab) return;
    this.#current = tab;
    await tab.page.bringToFront();
  }

  async close(id: string): Promise<void> {
    const tab = this.all().find((each) => each.id === id);
    if (!tab) return;
    if (this.#tabs.size === 1) await this.open();
    await tab.page.close();
    this.#forget(tab);
  }

  async #attach(page: Page, opener?: Tab): Promise<Tab> {
    const { context, host, pass, key } = this.#options;
    const tab = await Tab.attach(context, page, {
      id: `t${++this.#lastId}`,
      key,
      counters: this.counters,
      host,
      pass,
      gate: this.gate,
      downloads: this.downloads,
      asked: (frameId, reason) => this.#asked(frameId, reason),
    });
    this.#tabs.set(page, { tab, observer: new Observer(tab), opener });
    page.on('close', () => this.#forget(tab));
    page.on('crash', this.#options.onCrash);
    return tab;
  }

  /** The act under way shows something in a window that a page of the same root opened before: browsers bring it to the front. */
  #asked(frameId: string, reason: string): void {
    const current = this.#current;
    if (!current?.acting || !BY_ANOTHER_PAGE.test(reason)) return;
    const tab = this.all().find((each) => each.mainId === frameId);
    if (!tab || tab === current || this.#rootOf(tab) !== this.#rootOf(current)) return;
    this.#reused = { tab, since: before(tab) };
    current.changed();
  }

  #rootOf(tab: Tab): Tab {
    const opener = this.#tabs.get(tab.page)?.opener;
    return opener ? this.#rootOf(opener) : tab;
  }

  takeReused(): Reused | undefined {
    const reused = this.#reused;
    this.#reused = undefined;
    return reused?.tab.closed ? undefined : reused;
  }

  /** The page of a request that opens a window cannot be asked for yet. */
  #isGuarded(request: Request): boolean {
    try {
      return this.#tabs.has(request.frame().page());
    } catch {
      return false;
    }
  }

  /** The first request of a window, before the window is a tab. */
  #mayLeave(url: string, document: boolean): boolean {
    const { host } = this.#options;
    const error = refusal(host, url, document);
    if (!error) return true;
    host.refused(toldOf(url, error));
    if (document) this.#current?.refused(error);
    return false;
  }

  #forget(tab: Tab): void {
    const opener = this.#tabs.get(tab.page)?.opener;
    this.#tabs.delete(tab.page);
    if (this.#current !== tab) return;
    this.#current = opener && this.#tabs.has(opener.page) ? opener : this.all().at(-1);
  }

  async #adopt(page: Page): Promise<void> {
    const opener = this.#current;
    this.#popups += 1;
    try {
      if (this.#popups > MAX_POPUPS || this.#tabs.size > MAX_POPUPS) {
        await page.close();
        return;
      }
      const tab = await this.#attach(page, opener);
      try {
        if (/^https?:/.test(page.url())) this.#options.host.assertMayShow(page.url());
        // What it shows instead of a refused document says less than why that was refused.
        else if (page.url().startsWith('chrome-error:')) throw await whyNotLoaded(tab, opener);
        else if (page.url() !== 'about:blank' && page.url() !== '')
          throw new AppError(
            'scheme_refused',
            `a window showed ${page.url().slice(0, 100)}, which is refused`,
          );
        if (tab.refusal) throw tab.refusal;
      } catch (error) {
        opener?.refused(AppError.from(error, 'origin_refused'));
        await page.close();
        return;
      }
      // It never showed anything: what it asked for turned out to be a file, which its opener has.
      if (page.url() === '') {
        await page.close();
        return;
      }
      tab.domReady = false;
      await page.waitForLoadState('domcontentloaded', { timeout: 10_000 }).catch(() => undefined);
      tab.domReady = true;
      tab.title = await page.title().catch(() => '');
      // It may have closed itself meanwhile, as windows do that only print.
      if (this.#tabs.has(page) && !tab.closed) this.#current = tab;
    } catch {
      // The window closed itself meanwhile.
    } finally {
      if (opener) {
        opener.opening = Math.max(0, opener.opening - 1);
        opener.changed();
      }
    }
  }

  /** Waits until windows that just opened are tabs. */
  async adopted(): Promise<void> {
    await Promise.all(this.#adopting.values());
  }
}

/** Why a window shows the browser's own error page. */
async function whyNotLoaded(tab: Tab, opener: Tab | undefined): Promise<AppError> {
  if (opener?.refusal) return opener.refusal;
  const { frameTree } = await tab.channel.send<{
    frameTree: { frame: { unreachableUrl?: string } };
  }>('Page.getFrameTree');
  return tab.whyNotReached(frameTree.frame.unreachableUrl ?? 'the address of the window');
}
