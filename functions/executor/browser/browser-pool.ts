import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';

import { chromium, type Browser, type Page } from 'playwright-core';

import { AppError } from '../../../shared/core/errors.ts';
import type { BrowserPool, BrowserSession, BrowserState, SessionHost } from '../browser-session.ts';
import { closedRootsScript } from '../observe/document-start.ts';
import { findChromium } from './chromium-binary.ts';
import { ContextSession } from './session.ts';
import { StorageKeeper } from './storage-state.ts';
import { TabList } from './tab-list.ts';

export interface BrowserPoolOptions {
  /** Where the packaged Chromium is unpacked, once for each version and user. */
  readonly cacheDir: string;
  /** Another Chromium than the packaged one. */
  readonly executablePath?: string;
  readonly headless?: boolean;
  /** The way out of the browser; without one it has the machine's own network. */
  readonly proxy?: {
    readonly server: string;
    readonly username?: string;
    readonly password?: string;
  };
  /** Environment of the browser's process; only what it needs. */
  readonly env?: Readonly<Record<string, string>>;
  readonly warn?: (message: string) => void;
}

const FLAGS = [
  '--site-per-process',
  '--disable-quic',
  '--webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--disable-gpu',
];

/** A browser that runs. */
interface Running {
  readonly browser: Browser;
  readonly version: string;
  readonly sandboxed: boolean;
}

class ChromiumPool implements BrowserPool {
  readonly #options: BrowserPoolOptions;
  #running: Promise<Running> | undefined;
  #closed = false;

  constructor(options: BrowserPoolOptions) {
    this.#options = options;
  }

  async open(
    host: SessionHost,
    options: { state?: BrowserState; viewport?: { width: number; height: number } } = {},
  ): Promise<BrowserSession> {
    if (this.#closed) throw new AppError('browser_lost', 'the browser pool is closed');
    const running = await this.#browser();
    try {
      return await openSession(running, host, options);
    } catch (error) {
      if (running.browser.isConnected() || AppError.is(error)) throw error;
      this.#running = undefined;
      return openSession(await this.#browser(), host, options);
    }
  }

  #browser(): Promise<Running> {
    if (this.#running) return this.#running;
    const launching = launch(this.#options).then((running) => {
      running.browser.on('disconnected', () => {
        if (this.#running === launching) this.#running = undefined;
      });
      return running;
    });
    launching.catch(() => {
      if (this.#running === launching) this.#running = undefined;
    });
    this.#running = launching;
    return launching;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const running = await this.#running?.catch(() => undefined);
    await running?.browser.close().catch(() => undefined);
  }
}

async function launch(options: BrowserPoolOptions): Promise<Running> {
  const binary = await findChromium(options);
  const sandboxed = process.getuid?.() !== 0;
  if (!sandboxed)
    options.warn?.(
      'Chromium runs WITHOUT its sandbox, because this process is root: run Rodex as another user, above all on pages you do not trust',
    );
  let browser: Browser;
  try {
    browser = await chromium.launch({
      executablePath: binary.path,
      headless: options.headless ?? true,
      chromiumSandbox: sandboxed,
      args: FLAGS,
      env: { HOME: homedir(), ...options.env, ...binary.env },
      handleSIGHUP: false,
      handleSIGINT: false,
      handleSIGTERM: false,
      ...(options.proxy && { proxy: { ...options.proxy } }),
    });
  } catch (error) {
    const message = (error as Error).message;
    const cure = /sandbox|namespace/i.test(message)
      ? ' The sandbox needs user namespaces (kernel.unprivileged_userns_clone, AppArmor).'
      : '';
    throw new AppError(
      'browser_launch_failed',
      `Chromium does not start: ${message.split('\n').slice(0, 3).join(' ').slice(0, 600)}.${cure}`,
      { cause: error, retryable: true },
    );
  }
  return { browser, version: browser.version(), sandboxed };
}

async function openSession(
  running: Running,
  host: SessionHost,
  options: { state?: BrowserState; viewport?: { width: number; height: number } },
): Promise<BrowserSession> {
  const { browser } = running;
  const storageState = options.state?.storage as never;
  const context = await browser.newContext({
    acceptDownloads: true,
    serviceWorkers: 'block',
    viewport: options.viewport ?? { width: 1280, height: 720 },
    ...(options.state && { storageState }),
  });
  const storage = new StorageKeeper(context);
  if (options.state) storage.restored();
  const key = `k${randomBytes(12).toString('hex')}`;
  const lost = new AbortController();
  const lose = (code: 'browser_lost' | 'page_crashed', message: string): void =>
    lost.abort(new AppError(code, message, { retryable: true }));
  const tabs = new TabList({
    context,
    host,
    key,
    onCrash: () => lose('page_crashed', 'the page crashed; the run goes on in a new page'),
  });
  context.on('close', () =>
    lose(
      'browser_lost',
      browser.isConnected() ? 'the browser context was closed' : 'the browser went away',
    ),
  );
  try {
    await context.addInitScript(closedRootsScript(key));
    const tab = await tabs.open();
    await restore(tab.page, host, options.state);
  } catch (error) {
    await context.close().catch(() => undefined);
    throw error;
  }
  return new ContextSession({
    version: running.version,
    sandboxed: running.sandboxed,
    context,
    host,
    tabs,
    storage,
    lost,
  });
}

async function restore(
  page: Page,
  host: SessionHost,
  state: BrowserState | undefined,
): Promise<void> {
  if (state?.url === undefined) return;
  try {
    host.assertMayShow(state.url);
    await page.goto(state.url, { waitUntil: 'domcontentloaded', timeout: 30_000 });
  } catch {
    // The run sees the empty page and decides.
  }
}

/** One warm Chromium, launched when first needed and again after it was lost. */
export const createBrowserPool = (options: BrowserPoolOptions): BrowserPool =>
  new ChromiumPool(options);
