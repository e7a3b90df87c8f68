import type { BrowserContext, Request, Route } from 'playwright-core';

import type { PausedRequest, SentField } from '../../../shared/policy/wire-gate.ts';
import type { CdpChannel } from './cdp-channel.ts';
import { sentFields } from './sent-fields.ts';

/** Methods that ask for something and change nothing (RFC 9110, 9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
const MAX_BODY = 1_000_000;

/** Says whether a paused request may leave; may take as long as a person does. `late`: the act was over when it came. */
export type Judge = (paused: PausedRequest, late: boolean) => Promise<boolean>;

/** As the browser's `Fetch.requestPaused` tells it. */
export interface PausedByBrowser {
  readonly requestId: string;
  readonly networkId?: string;
  readonly resourceType: string;
  readonly request: {
    readonly url: string;
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly postData?: string;
    readonly hasPostData?: boolean;
  };
}

export interface GateParts {
  readonly context: BrowserContext;
  /** Digest of a value or a body, as the facts of forms have it. */
  readonly digest: (value: string) => string;
  /** True when the requests of that page are paused by its own session. */
  readonly isGuarded: (request: Request) => boolean;
  /** False for what the task contract refuses; told with the document's URL. */
  readonly mayLeave: (url: string, document: boolean) => boolean;
  /** Something began or ceased to wait for a person. */
  readonly changed: () => void;
}

const withoutFragment = (url: string): string => url.split('#', 1)[0] ?? '';

/**
 * Pauses requests with unsafe methods while a step acts, before they leave. It has no interception of its own: the origin guard pauses
 * each request of pages, frames and dedicated workers anyway and hands those over. Only the first request of a new window, which is sent
 * before anybody can attach to it, needs Playwright's routing, and only while the gate is open.
 */
export class WireGate {
  readonly #parts: GateParts;
  #judge: Judge | undefined;
  #late = false;
  #waiting = 0;
  #since = 0;
  #heldMs = 0;
  #routing: Promise<unknown> = Promise.resolve();
  #work = new Set<Promise<unknown>>();

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** Requests wait for a verdict, or were judged and have not gone on. */
  get holding(): boolean {
    return this.#waiting > 0;
  }

  /** Time for which requests were held since the gate opened: deadlines stand still meanwhile. */
  get heldMs(): number {
    return this.#heldMs + (this.holding ? performance.now() - this.#since : 0);
  }

  /** From now on unsafe requests are judged. `windows`: those of windows that open meanwhile too. */
  async open(judge: Judge, windows: boolean): Promise<void> {
    this.#judge = judge;
    this.#late = false;
    this.#heldMs = 0;
    if (!windows) return;
    await this.#routing;
    await this.#parts.context.route(ANYTHING, this.#onRoute);
    this.#routed = true;
  }

  #routed = false;

  /** The act is over. What is held was asked for within it and is waited for; what it set going may still come, and is late. */
  async linger(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
    this.#late = true;
    this.#heldMs = 0;
    if (!this.#routed) return;
    this.#routed = false;
    this.#routing = this.#parts.context.unroute(ANYTHING, this.#onRoute).catch(() => undefined);
  }

  /** Another act begins. */
  async close(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
    this.#judge = undefined;
    this.#heldMs = 0;
  }

  isFor(event: PausedByBrowser): boolean {
    return this.#judge !== undefined && !SAFE.has(event.request.method);
  }

  /** Judges a request that the origin guard paused, and lets it go or fails it. */
  hold(channel: CdpChannel, event: PausedByBrowser, errorReason: string): void {
    const { requestId } = event;
    this.#track(
      this.#bodyOf(channel, event)
        .then(async (body) => this.#judged(event.request, event.resourceType, body))
        .then(async (goes) =>
          channel.send(
            goes ? 'Fetch.continueRequest' : 'Fetch.failRequest',
            goes ? { requestId } : { requestId, errorReason },
          ),
        ),
    );
  }

  readonly #onRoute = async (route: Route, request: Request): Promise<void> => {
    const judge = this.#judge;
    const { isGuarded, mayLeave } = this.#parts;
    if (!judge || isGuarded(request)) return route.fallback().catch(() => undefined);
    if (!mayLeave(request.url(), request.isNavigationRequest()))
      return route.abort('blockedbyclient').catch(() => undefined);
    if (SAFE.has(request.method())) return route.fallback().catch(() => undefined);
    const asked = { url: request.url(), method: request.method(), headers: request.headers() };
    const body = request.postData() ?? undefined;
    const work = this.#judged(asked, request.resourceType(), body).then(async (goes) =>
      goes ? route.fallback() : route.abort('blockedbyclient'),
    );
    this.#track(work);
    await work.catch(() => undefined);
  };

  async #judged(
    request: PausedByBrowser['request'],
    resource: string,
    body: string | undefined,
  ): Promise<boolean> {
    const judge = this.#judge;
    if (!judge) return false;
    const url = withoutFragment(request.url);
    const type =
      Object.entries(request.headers).find(([name]) => /^content-type$/i.test(name))?.[1] ?? '';
    const { digest } = this.#parts;
    const sent = body === undefined ? undefined : sentFields(type, body);
    const fields = sent?.map(({ name, value }): SentField => ({
      name,
      valueDigest: digest(value),
    }));
    this.#wait(1);
    try {
      return await judge(
        {
          request: {
            method: request.method.slice(0, 20),
            url: url.slice(0, 2_000),
            origin: URL.canParse(url) ? new URL(url).origin : '',
            resource: resource.toLowerCase(),
            bodyDigest:
              body === undefined
                ? request.hasPostData === true
                  ? 'unseen'
                  : digest('')
                : digest(body),
            form: fields !== undefined,
          },
          body,
          fields,
          shown: sent,
        },
        this.#late,
      );
    } finally {
      this.#wait(-1);
    }
  }

  #wait(more: 1 | -1): void {
    if (more === 1 && this.#waiting === 0) this.#since = performance.now();
    if (more === -1 && this.#waiting === 1) this.#heldMs += performance.now() - this.#since;
    this.#waiting += more;
    this.#parts.changed();
  }

  #track(work: Promise<unknown>): void {
    // A page that is gone takes its paused requests with it.
    const settled = work.catch(() => undefined).finally(() => this.#work.delete(settled));
    this.#work.add(settled);
  }

  /** Long bodies are not in the event; files are in no text at all. */
  async #bodyOf(
    channel: CdpChannel,
    { request, networkId }: PausedByBrowser,
  ): Promise<string | undefined> {
    if (request.postData !== undefined) return request.postData;
    if (request.hasPostData !== true || networkId === undefined) return undefined;
    const answer = await channel
      .send<{ postData: string }>('Network.getRequestPostData', { requestId: networkId })
      .catch(() => undefined);
    return answer && answer.postData.length <= MAX_BODY ? answer.postData : undefined;
  }
}

const ANYTHING = /^/;
