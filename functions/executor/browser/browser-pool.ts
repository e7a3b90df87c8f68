import { AppError } from '../../../shared/core/errors.ts';
import type { BrowserPool, BrowserSession, OpenOptions, SessionHost } from '../browser-session.ts';
import type { Egress } from '../egress/egress.ts';
import { startEgressProxy } from '../egress/egress-proxy.ts';
import { contextOptionsOf } from './context-options.ts';
import { launch, type Running } from './launch.ts';
import { MemoryGate } from './memory-gate.ts';
import { openSession } from './open-session.ts';
import type { BrowserPoolOptions } from './pool-options.ts';

const MAX_CONTEXTS = 64;

type Kind = 'headless' | 'headed';

class ChromiumPool implements BrowserPool {
  readonly #options: BrowserPoolOptions;
  readonly #running = new Map<Kind, Promise<Running>>();
  readonly #gate: MemoryGate;
  #egress: Promise<Egress> | undefined;
  #closed = false;

  constructor(options: BrowserPoolOptions) {
    this.#options = options;
    this.#gate = new MemoryGate({
      maxContexts: options.maxContexts ?? MAX_CONTEXTS,
      browserBytes: () => this.#bytes(),
      ...(options.readMemory && { readMemory: options.readMemory }),
    });
  }

  async open(host: SessionHost, options: OpenOptions = {}): Promise<BrowserSession> {
    this.#assertOpen();
    const context = contextOptionsOf(options);
    const kind = options.browser?.headed === true ? 'headed' : 'headless';
    for (let attempt = 1; ; attempt += 1) {
      const leave = await this.#gate.enter(options.signal, options.onWait);
      let running: Running | undefined;
      try {
        this.#assertOpen();
        running = await this.#browser(kind);
        return await openSession(running, host, context, options, leave);
      } catch (error) {
        leave();
        const died = running !== undefined && !running.browser.isConnected();
        if (attempt > 1 || !died || AppError.is(error)) throw error;
        this.#running.delete(kind);
      }
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new AppError('browser_lost', 'the browser pool is closed');
  }

  #browser(kind: Kind): Promise<Running> {
    const known = this.#running.get(kind);
    if (known) return known;
    const forget = (): void => {
      if (this.#running.get(kind) === launching) this.#running.delete(kind);
    };
    const launching = this.#launch(kind).then((running) => {
      running.browser.on('disconnected', forget);
      return running;
    });
    launching.catch(forget);
    this.#running.set(kind, launching);
    return launching;
  }

  async #launch(kind: Kind): Promise<Running> {
    this.#egress ??= (this.#options.openEgress ?? startEgressProxy)();
    return launch(this.#options, kind === 'headed', await this.#egress);
  }

  async #bytes(): Promise<number | undefined> {
    const running = await Promise.all(this.#running.values());
    const sizes = await Promise.all(running.map(async ({ processes }) => processes.bytes()));
    return sizes.every((size) => size !== undefined)
      ? sizes.reduce((sum, size) => sum + size, 0)
      : undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const launching of this.#running.values()) {
      const running = await launching.catch(() => undefined);
      await running?.browser.close().catch(() => undefined);
    }
    await (await this.#egress)?.close();
  }
}

/** One warm Chromium (two where runs want a window), launched when first needed and again after it was lost. */
export const createBrowserPool = (options: BrowserPoolOptions): BrowserPool =>
  new ChromiumPool(options);
