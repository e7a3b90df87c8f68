import type { BrowserContext, Page } from 'playwright-core';

import type { Action } from '../../../shared/contracts/action.ts';
import type { TargetFacts } from '../../../shared/contracts/effect.ts';
import type { Observation } from '../../../shared/contracts/observation.ts';
import type { Artifact, OutcomeInput } from '../../../shared/contracts/outcome.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { inspectAction } from '../actions/inspect.ts';
import { runStep, masked } from '../actions/run-step.ts';
import type { BrowserSession, BrowserState, PageState, SessionHost } from '../browser-session.ts';
import type { ObserveOptions } from '../observe/observer.ts';
import { maskText } from '../observe/observer.ts';
import { oneLine } from '../observe/observation-text.ts';
import type { StorageKeeper } from './storage-state.ts';
import { UploadFolder } from './upload-folder.ts';
import type { TabList } from './tab-list.ts';

export interface SessionParts {
  readonly version: string;
  readonly sandboxed: boolean;
  readonly context: BrowserContext;
  readonly host: SessionHost;
  readonly tabs: TabList;
  readonly storage: StorageKeeper;
  readonly lost: AbortController;
}

/** One run's hands and eyes in one browser context. */
export class ContextSession implements BrowserSession {
  readonly version: string;
  readonly sandboxed: boolean;
  readonly #parts: SessionParts;
  readonly #shownDownloads: Artifact[] = [];
  /** Refs that were bound anew to a twin and not acted on since. */
  readonly #healed = new Set<string>();

  readonly #uploads = new UploadFolder();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.version = parts.version;
    this.sandboxed = parts.sandboxed;
  }

  /** The page itself, for what is beyond the hands: pictures of a run as it goes, and tests. */
  get currentPage(): Page {
    return this.#parts.tabs.current.page;
  }

  get lost(): AbortSignal {
    return this.#parts.lost.signal;
  }

  get #masks(): string[] {
    return [...this.#parts.host.maskedValues]
      .filter((value) => value.trim() !== '')
      .toSorted((left, right) => right.length - left.length);
  }

  #assertAlive(): void {
    if (this.lost.aborted) throw this.lost.reason;
  }

  /** Runs work that must not outlive the browser, and tells the browser's end from other failures. */
  async #alive<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#assertAlive();
    let stop: (() => void) | undefined;
    const ended = new Promise<never>((_, reject) => {
      stop = () => reject(this.lost.reason as Error);
      this.lost.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([work(), ended]);
    } catch (error) {
      if (this.lost.aborted) throw this.lost.reason;
      throw error;
    } finally {
      if (stop) this.lost.removeEventListener('abort', stop);
    }
  }

  page(): PageState {
    this.#assertAlive();
    const tab = this.#parts.tabs.current;
    const { dialog } = tab;
    return {
      url: maskText(tab.page.url(), this.#masks),
      title: maskText(oneLine(tab.title), this.#masks),
      documentId: tab.documentId,
      tabId: tab.id,
      dialog: dialog
        ? maskText(`${dialog.type()} ${oneLine(dialog.message(), 1_000)}`, this.#masks)
        : undefined,
    };
  }

  observe(options: ObserveOptions = {}): Promise<Observation> {
    return this.#alive(async () => {
      const { tabs } = this.#parts;
      await tabs.adopted();
      const { current } = tabs;
      const list = tabs.all().map((tab) => ({
        id: tab.id,
        title: tab.title,
        url: tab.page.url(),
        current: tab === current,
      }));
      const downloads = this.#shownDownloads.slice(-5);
      return tabs.observer.observe(options, { tabs: list, downloads, masks: this.#masks });
    });
  }

  inspect(action: Action): Promise<TargetFacts> {
    return this.#alive(async () =>
      masked(await inspectAction(this.#parts.tabs.current, action, this.#healed), this.#masks),
    );
  }

  act(
    action: Action,
    options: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<OutcomeInput> {
    return this.#alive(async () => {
      const { tabs, host } = this.#parts;
      const outcome = await runStep(
        {
          tabs,
          host,
          masks: this.#masks,
          healed: this.#healed,
          uploads: this.#uploads,
          lost: this.lost,
        },
        action,
        options,
      );
      this.#shownDownloads.push(
        ...(outcome.artifacts ?? []).filter((artifact) => artifact.source === 'download'),
      );
      return outcome;
    });
  }

  lookUp(url: string, options: { timeoutMs?: number } = {}): Promise<string> {
    return this.#alive(async () => {
      const { tabs, host } = this.#parts;
      host.assertMayShow(url);
      const page = await tabs.aside();
      try {
        await page.goto(url, {
          waitUntil: 'domcontentloaded',
          timeout: options.timeoutMs ?? 30_000,
        });
        await page.waitForLoadState('networkidle', { timeout: 2_000 }).catch(() => undefined);
        host.assertMayShow(page.url());
        return maskText(
          oneLine(await page.locator('body').innerText({ timeout: 5_000 }), 500_000),
          this.#masks,
        );
      } catch (error) {
        if (AppError.is(error)) throw error;
        throw new AppError(
          'site_unreachable',
          `${url.slice(0, 500)} cannot be looked up: ${(error as Error).message.split('\n')[0] ?? ''}`,
          { cause: error, retryable: true },
        );
      } finally {
        await page.close().catch(() => undefined);
      }
    });
  }

  saveState(): Promise<BrowserState> {
    return this.#alive(async () => {
      const url = this.#parts.tabs.current.page.url();
      return {
        storage: await this.#parts.storage.state(this.#parts.tabs.all()),
        url: url === 'about:blank' ? undefined : url,
      };
    });
  }

  async close(): Promise<void> {
    await this.#parts.context.close().catch(() => undefined);
    await this.#uploads.remove().catch(() => undefined);
  }
}
