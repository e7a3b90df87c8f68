import type { BrowserContext, Page } from 'playwright-core';

import type { Action } from '../../../shared/contracts/action.ts';
import type { TargetFacts } from '../../../shared/contracts/effect.ts';
import type { Observation } from '../../../shared/contracts/observation.ts';
import type { Artifact, OutcomeInput } from '../../../shared/contracts/outcome.ts';
import type { TakeOverInput } from '../../../shared/contracts/take-over.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { maskJson, maskText } from '../../../shared/policy/masking.ts';
import { actByHand } from '../actions/by-hand.ts';
import { fieldsOf, inspectAction } from '../actions/inspect.ts';
import { runStep } from '../actions/run-step.ts';
import { capturePng, isBeingReplaced } from '../actions/screenshot.ts';
import type {
  ActDescription,
  ActOptions,
  BrowserSession,
  BrowserState,
  LookedUp,
  PageState,
  SessionHost,
  TraceFile,
} from '../browser-session.ts';
import type { ObserveOptions } from '../observe/observer.ts';
import { withinMs } from '../observe/observer.ts';
import { oneLine } from '../observe/observation-text.ts';
import { titleOf, type ContextTrace } from './context-trace.ts';
import type { StorageKeeper } from './storage-state.ts';
import { UploadFolder } from './upload-folder.ts';
import type { TabList } from './tab-list.ts';

/** A page that cannot be drawn in this time is seen as text. */
const PICTURE_MS = 5_000;

export interface SessionParts {
  readonly version: string;
  readonly sandboxed: boolean;
  readonly context: BrowserContext;
  readonly host: SessionHost;
  readonly tabs: TabList;
  readonly storage: StorageKeeper;
  readonly lost: AbortController;
  readonly trace?: ContextTrace;
  /** The context is about to be closed on purpose: that is no loss. */
  readonly ending: () => void;
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
  #observedTab: string | undefined;

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
      return tabs.withCurrent(async (current) => {
        const list = tabs.all().map((tab) => ({
          id: tab.id,
          title: tab.title,
          url: tab.page.url(),
          current: tab === current,
        }));
        const downloads = this.#shownDownloads.slice(-5);
        // Whoever reads it has another tab before their eyes: what changed since long ago would mislead.
        const sameTab = this.#observedTab === current.id;
        this.#observedTab = current.id;
        const kind = sameTab ? options.kind : 'full';
        return tabs.observer.observe(
          { ...options, ...(kind && { kind }) },
          { tabs: list, downloads, masks: this.#masks },
        );
      });
    });
  }

  picture(): Promise<Uint8Array | undefined> {
    return this.#alive(async () => {
      const tab = this.#parts.tabs.current;
      if (tab.dialog || tab.secretDocument === tab.documentId) return undefined;
      return tab.orDialog(withinMs(PICTURE_MS, capturePng(tab))).catch((error: unknown) => {
        if (AppError.is(error, 'action_timeout') || isBeingReplaced(error)) return undefined;
        throw error;
      });
    });
  }

  inspect(action: Action): Promise<TargetFacts> {
    return this.#alive(async () =>
      maskJson(
        await inspectAction(
          this.#parts.tabs.current,
          action,
          this.#healed,
          this.#parts.tabs.digest,
        ),
        this.#masks,
      ),
    );
  }

  act(action: Action, options: ActOptions = {}): Promise<OutcomeInput> {
    return this.#alive(async () => {
      const { tabs, host, trace } = this.#parts;
      const traced = await trace?.begin(titleOf(action), tabs.current);
      const { gate, gateWindows = false, ended } = options;
      await tabs.gate.close();
      // A page behind a dialog cannot be routed anew: the answer would wait for the dialog that waits for it.
      const windows = gateWindows && tabs.current.dialog === undefined;
      if (gate) await tabs.gate.open(gate, windows, ended);
      const around = {
        tabs,
        host,
        masks: this.#masks,
        healed: this.#healed,
        uploads: this.#uploads,
        lost: this.lost,
      };
      const outcome = await (async () => {
        try {
          return await runStep(around, action, options);
        } finally {
          if (gate) await tabs.gate.linger();
        }
      })();
      await traced?.(outcome.status);
      this.#shownDownloads.push(
        ...(outcome.artifacts ?? []).filter((artifact) => artifact.source === 'download'),
      );
      return outcome;
    });
  }

  async #keptPicture(): Promise<Artifact | undefined> {
    const tab = this.#parts.tabs.current;
    const content = await this.picture();
    return (
      content &&
      this.#parts.host.saveArtifact(
        'screenshot.png',
        'image/png',
        'screenshot',
        content,
        tab.page.url(),
      )
    );
  }

  describe(action: Action): Promise<ActDescription> {
    return this.#alive(async () => {
      const tab = this.#parts.tabs.current;
      const fields = await fieldsOf(tab, action).catch(() => []);
      const picture = await this.#keptPicture().catch(() => undefined);
      return maskJson({ fields, ...(picture && { screenshot: picture.name }) }, this.#masks);
    });
  }

  lookUp(url: string, options: { timeoutMs?: number } = {}): Promise<LookedUp> {
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
        const text = oneLine(await page.locator('body').innerText({ timeout: 5_000 }), 500_000);
        return { text: maskText(text, this.#masks), signIn: await asksForPassword(page) };
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

  /** A dialog holds the page, also for questions: the answer is then no. */
  async #asksForPassword(page: Page): Promise<boolean> {
    const { current } = this.#parts.tabs;
    if (current.dialog) return false;
    return (await current.orDialog(asksForPassword(page))) ?? false;
  }

  byHand(input: TakeOverInput): Promise<void> {
    return this.#alive(async () => actByHand(this.#parts.tabs.current, input));
  }

  asksForPassword(): Promise<boolean | undefined> {
    return this.#alive(async () => {
      const { dialog, page } = this.#parts.tabs.current;
      return dialog ? undefined : this.#asksForPassword(page);
    });
  }

  saveState(): Promise<BrowserState> {
    return this.#alive(async () => {
      const { page } = this.#parts.tabs.current;
      const url = page.url();
      return {
        storage: await this.#parts.storage.state(this.#parts.tabs.all()),
        url: url === 'about:blank' ? undefined : url,
        signIn: await this.#asksForPassword(page),
      };
    });
  }

  async takeTrace(): Promise<readonly TraceFile[]> {
    const { trace, ending, host } = this.#parts;
    if (!trace) return [];
    ending();
    const files = await trace.finish();
    return host.maskedValues.size > 0 ? [] : files;
  }

  async close(): Promise<void> {
    await this.#parts.trace?.discard().catch(() => undefined);
    await this.#parts.context.close().catch(() => undefined);
    await this.#uploads.remove().catch(() => undefined);
  }
}

async function asksForPassword(page: Page): Promise<boolean> {
  const fields = page.frames().map((frame) => frame.locator('input[type=password]:visible'));
  const shown = await Promise.all(fields.map((field) => field.count().catch(() => 0)));
  return shown.some((count) => count > 0);
}
