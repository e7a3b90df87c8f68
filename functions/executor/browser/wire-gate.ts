import type { BrowserContext, Request, Route } from 'playwright-core';

import type { WireRequest } from '../../../shared/contracts/wire-request.ts';
import type { PausedRequest, SentField } from '../../../shared/policy/wire-gate.ts';
import { proxyAnswered } from '../egress/egress.ts';
import type { CdpChannel } from './cdp-channel.ts';
import type { LoadingFailed, ResponseReceived } from './page-events.ts';
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

interface WillBeSent {
  readonly requestId: string;
  readonly redirectResponse?: object;
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
  #ended: ((request: WireRequest, answered: boolean) => void) | undefined;
  /** Let go since this act touched the page, and not answered yet; by the browser's id. */
  readonly #sent = new Map<string, WireRequest>();
  #touched = false;
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
  async open(
    judge: Judge,
    windows: boolean,
    ended?: (request: WireRequest, answered: boolean) => void,
  ): Promise<void> {
    this.#judge = judge;
    this.#ended = ended;
    this.#touched = false;
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
    this.#sent.clear();
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

  /** What is sent from now on, the act may have sent. */
  touched(): void {
    this.#touched = true;
  }

  /** Requests of the act that were let go and not answered, by the browser's id. */
  get sent(): Iterable<string> {
    return this.#sent.keys();
  }

  /** Learns from the session of a page or a frame what became of what was let go. */
  listen(channel: CdpChannel): void {
    channel.on('Network.requestWillBeSent', ({ requestId, redirectResponse }: WillBeSent) => {
      if (redirectResponse) this.#over(requestId, true);
    });
    channel.on('Network.responseReceived', ({ requestId, response }: ResponseReceived) =>
      this.#over(requestId, proxyAnswered(response) !== 'unreachable'),
    );
    channel.on('Network.loadingFailed', ({ requestId, errorText, ...why }: LoadingFailed) =>
      // What the page gave up, or may not read, says nothing about the site.
      this.#over(
        requestId,
        errorText === 'net::ERR_ABORTED' || 'corsErrorStatus' in why || 'blockedReason' in why,
      ),
    );
  }

  #over(networkId: string, answered: boolean): void {
    const request = this.#sent.get(networkId);
    if (!request) return;
    this.#sent.delete(networkId);
    this.#ended?.(request, answered);
    this.#parts.changed();
  }

  /** Judges a request that the origin guard paused, and lets it go or fails it. */
  hold(channel: CdpChannel, event: PausedByBrowser, errorReason: string): void {
    const { requestId, networkId, resourceType } = event;
    this.#track(
      this.#bodyOf(channel, event)
        .then(async (body) => this.#judged(event.request, resourceType, body))
        .then(async ({ goes, request }) => {
          const isAct = goes && this.#touched && !this.#late && resourceType !== 'Ping';
          if (isAct && networkId !== undefined) this.#sent.set(networkId, request);
          await channel.send(
            goes ? 'Fetch.continueRequest' : 'Fetch.failRequest',
            goes ? { requestId } : { requestId, errorReason },
          );
        }),
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
    const work = this.#judged(asked, request.resourceType(), body).then(async ({ goes }) =>
      goes ? route.fallback() : route.abort('blockedbyclient'),
    );
    this.#track(work);
    await work.catch(() => undefined);
  };

  async #judged(
    request: PausedByBrowser['request'],
    resource: string,
    body: string | undefined,
  ): Promise<{ goes: boolean; request: WireRequest }> {
    const judge = this.#judge;
    const url = withoutFragment(request.url);
    const type =
      Object.entries(request.headers).find(([name]) => /^content-type$/i.test(name))?.[1] ?? '';
    const { digest } = this.#parts;
    const sent = body === undefined ? undefined : sentFields(type, body);
    const fields = sent?.map(({ name, value }): SentField => ({
      name,
      valueDigest: digest(value),
    }));
    const told: WireRequest = {
      method: request.method.slice(0, 20),
      url: url.slice(0, 2_000),
      origin: URL.canParse(url) ? new URL(url).origin : '',
      resource: resource.toLowerCase(),
      bodyDigest:
        body === undefined ? (request.hasPostData === true ? 'unseen' : digest('')) : digest(body),
      form: fields !== undefined,
    };
    if (!judge) return { goes: false, request: told };
    this.#wait(1);
    try {
      const goes = await judge({ request: told, body, fields, shown: sent }, this.#late);
      return { goes, request: told };
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
