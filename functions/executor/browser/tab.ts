import type { BrowserContext, Dialog, FileChooser, Page } from 'playwright-core';

import { AppError } from '../../../shared/core/errors.ts';
import type { SessionHost } from '../browser-session.ts';
import { proxyAnswered, type EgressPass } from '../egress/egress.ts';
import { rootChannel, type CdpChannel } from './cdp-channel.ts';
import { Changing } from './changing.ts';
import type { Downloads } from './downloads.ts';
import { Frames, type RefCounters } from './frames.ts';
import { guardOrigins } from './origin-guard.ts';
import type { FrameNavigated, FrameRequestedNavigation, ResponseReceived } from './page-events.ts';
import { isOpenedHere } from './schemes.ts';
import { Traffic } from './traffic.ts';
import type { WireGate } from './wire-gate.ts';

const DIALOG_MS = 30_000;
const CLOSES_MS = 1_000;

export interface TabOptions {
  readonly id: string;
  readonly key: string;
  readonly counters: RefCounters;
  readonly host: SessionHost;
  readonly pass: EgressPass;
  readonly gate: WireGate;
  readonly downloads: Downloads;
  /** A page asked for a document in a frame, which may be another page's. */
  readonly asked: (frameId: string, reason: string) => void;
}

/** One page and what is known about it without asking it. */
export class Tab extends Changing {
  readonly id: string;
  readonly page: Page;
  readonly channel: CdpChannel;
  readonly frames: Frames;
  readonly traffic: Traffic;
  /** Shared by the tabs of a session. */
  readonly downloads: Downloads;
  title = '';
  documentId = '';
  /** A navigation of the main frame was asked for and has not committed. */
  navigating = false;
  domReady = true;
  dialog: Dialog | undefined;
  lastDialog: string | undefined;
  dialogs = 0;
  /** The page asked for a file; nothing is shown to anybody, so nothing blocks. */
  chooser: FileChooser | undefined;
  /** Windows that the page asked for and that have not shown up. */
  opening = 0;
  crashed = false;
  closed = false;
  /** Why the last document was refused. */
  refusal: AppError | undefined;
  /** Document into which a secret was typed: no pictures of it. */
  secretDocument: string | undefined;
  /** URL of a document that could not be loaded. */
  unreachable: string | undefined;
  /** beforeunload is answered with leaving while an act runs. */
  acting = false;
  /** Shared by the tabs of a session. */
  readonly gate: WireGate;
  /** WebSockets that pages, frames and workers of this tab have open. */
  webSockets = 0;
  readonly #host: SessionHost;
  readonly #pass: EgressPass;
  readonly #asked: TabOptions['asked'];
  /** Of the main frame, for as long as the page lives. */
  mainId = '';

  private constructor(page: Page, channel: CdpChannel, options: TabOptions) {
    super();
    this.id = options.id;
    this.page = page;
    this.channel = channel;
    this.#host = options.host;
    this.#pass = options.pass;
    this.#asked = options.asked;
    this.gate = options.gate;
    this.traffic = new Traffic(page, () => this.changed());
    this.downloads = options.downloads;
    this.downloads.hear(page);
    this.frames = new Frames(channel, options.key, options.counters, (each) => this.#arm(each));
  }

  static async attach(context: BrowserContext, page: Page, options: TabOptions): Promise<Tab> {
    const channel = rootChannel(await context.newCDPSession(page));
    const tab = new Tab(page, channel, options);
    tab.#listen();
    const { targetInfo } = await channel.send<{ targetInfo: { targetId: string } }>(
      'Target.getTargetInfo',
    );
    tab.mainId = targetInfo.targetId;
    tab.documentId = await tab.frames.start();
    return tab;
  }

  async #arm(channel: CdpChannel): Promise<void> {
    this.downloads.watch(channel);
    channel.on('Page.windowOpen', ({ url }: { url: string }) => {
      if (!isOpenedHere(url)) return;
      this.opening += 1;
      this.changed();
    });
    channel.on('Page.frameRequestedNavigation', (event: FrameRequestedNavigation) => {
      const { frameId, reason, disposition, url } = event;
      if (!isOpenedHere(url)) return;
      if (disposition === 'download') this.downloads.coming += 1;
      else if (disposition !== 'currentTab') this.opening += 1;
      else {
        if (frameId === this.mainId) this.#navigates();
        this.#asked(frameId, reason);
      }
      this.changed();
    });
    await Promise.all([
      this.traffic.watch(channel, () => this.mainId),
      guardOrigins({
        channel,
        host: this.#host,
        pass: this.#pass,
        gate: this.gate,
        isMain: (frameId) => channel === this.channel && frameId === this.mainId,
        refused: (error) => this.refused(error),
      }),
    ]);
  }

  #listen(): void {
    const { channel, page } = this;
    const main = (frameId: string): boolean => frameId === this.mainId;
    channel.on(
      'Page.frameStartedNavigating',
      (event: { frameId: string; navigationType: string }) => {
        if (main(event.frameId) && !/sameDocument/i.test(event.navigationType)) this.#navigates();
      },
    );
    let unanswered: string | undefined;
    channel.on('Network.responseReceived', ({ requestId, type, response }: ResponseReceived) => {
      if (type === 'Document' && proxyAnswered(response) !== undefined) unanswered = requestId;
    });
    channel.on('Page.frameNavigated', ({ frame }: FrameNavigated) => {
      if (frame.parentId !== undefined) return;
      this.documentId = frame.loaderId;
      this.navigating = false;
      this.domReady = false;
      this.unreachable =
        frame.unreachableUrl ?? (frame.loaderId === unanswered ? frame.url : undefined);
      if (this.unreachable === undefined) this.#checkShown(frame.url);
      this.changed();
    });
    channel.on('Page.domContentEventFired', () => {
      this.domReady = true;
      this.changed();
    });
    channel.on('Page.frameStoppedLoading', (event: { frameId: string }) => {
      if (!main(event.frameId)) return;
      this.navigating = false;
      this.domReady = true;
      this.changed();
    });
    channel.on('Page.navigatedWithinDocument', (event: { frameId: string }) => {
      if (!main(event.frameId)) return;
      this.navigating = false;
      this.changed();
    });
    page.on('filechooser', (chooser) => {
      this.chooser = chooser;
      this.changed();
    });
    page.on('websocket', (socket) => {
      this.webSockets += 1;
      socket.on('close', () => {
        this.webSockets -= 1;
      });
    });
    page.on('dialog', (dialog) => this.#onDialog(dialog));
    page.on('crash', () => {
      this.crashed = true;
      this.changed();
    });
    page.on('close', () => {
      this.closed = true;
      this.changed();
    });
  }

  #navigates(): void {
    this.navigating = true;
    this.changed();
  }

  /** The net under the guard: a document that came another way, such as a blob, is left at once. */
  #checkShown(url: string): void {
    if (url === 'about:blank' || url === '' || url === ':') return;
    try {
      this.#host.assertMayShow(url);
    } catch (error) {
      this.refused(AppError.from(error, 'origin_refused'));
      void this.channel.send('Page.navigate', { url: 'about:blank' }).catch(() => undefined);
    }
  }

  /** Why a document was not reached; `reason`: the browser's words. */
  whyNotReached(url: string, reason = ''): AppError {
    const refusal = this.#pass.lastRefusal(url);
    if (refusal)
      return new AppError(
        refusal.reason === 'lease' ? 'lease_lost' : 'origin_refused',
        refusal.detail,
        { details: { reason: refusal.reason } },
      );
    const cause = /ERR_[A-Z_]+/.exec(reason)?.[0] ?? 'no answer';
    return new AppError(
      'site_unreachable',
      `${url.slice(0, 500)} cannot be reached (${cause}); check that the address is right and the site is up`,
    );
  }

  refused(error: AppError): void {
    this.refusal = error;
    this.navigating = false;
    this.changed();
  }

  #onDialog(dialog: Dialog): void {
    const type = dialog.type();
    this.dialogs += 1;
    this.lastDialog = `${type} ${dialog.message()}`;
    if (type === 'alert') void dialog.accept().catch(() => undefined);
    else if (type === 'beforeunload')
      void (this.acting ? dialog.accept() : dialog.dismiss()).catch(() => undefined);
    else {
      this.dialog = dialog;
      const timer = setTimeout(() => {
        // Only the dialog that it was set for: another may be open by then.
        if (this.dialog === dialog) void this.answerDialog(false).catch(() => undefined);
      }, DIALOG_MS);
      timer.unref();
    }
    this.changed();
  }

  async answerDialog(accept: boolean, text?: string): Promise<void> {
    const { dialog } = this;
    this.dialog = undefined;
    if (accept) await dialog?.accept(text);
    else await dialog?.dismiss();
    this.changed();
  }

  /** True when an error came because the page closes, as windows do by themselves. */
  async closesOn(error: unknown): Promise<boolean> {
    const isClosing = this.closed || /closed|detached/i.test((error as Error).message);
    return isClosing && (await this.until(() => this.closed, CLOSES_MS));
  }

  /** Waits for the answer to input. A dialog that it opens comes before it, and a window that it closes gives none. */
  async taken(input: Promise<unknown>): Promise<void> {
    try {
      await this.orDialog(input);
    } catch (error) {
      if (!(await this.closesOn(error))) throw error;
    }
  }

  /** The result of a call to the page, or undefined when a dialog opens before it answers. */
  async orDialog<Result>(work: Promise<Result>): Promise<Result | undefined> {
    const before = this.dialogs;
    const stop = new AbortController();
    work.catch(() => undefined);
    const opened = this.until(
      () => this.dialog !== undefined && this.dialogs > before,
      60_000,
      stop.signal,
    ).then(() => undefined);
    try {
      return await Promise.race([work, opened]);
    } finally {
      stop.abort();
    }
  }
}
