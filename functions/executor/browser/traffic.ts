import type { Page, Request } from 'playwright-core';

import { siteOf } from '../../../shared/policy/origins.ts';
import type { CdpChannel } from './cdp-channel.ts';

const AWAITED = new Set(['document', 'script', 'stylesheet', 'xhr', 'fetch']);
/** Nobody reads bodies here: the browser need not keep them once more. */
const WITHOUT_BODIES = { maxTotalBufferSize: 0, maxResourceBufferSize: 0 };

interface WillBeSent {
  readonly documentURL?: string;
  readonly requestId: string;
  readonly loaderId: string;
  readonly frameId?: string;
  readonly type?: string;
  readonly request: { readonly url: string };
}

interface Teller {
  readonly channel: CdpChannel;
  readonly frameId: string;
  /** The document that it is for, or that it will be; none for the script of a worker. */
  readonly loaderId: string;
}

interface Open {
  readonly number: number;
  readonly place: string;
  /** Of the site of the document that asked. */
  readonly own: boolean;
  readonly by?: Teller;
}

/**
 * Requests in flight that a page's content depends on. Those that once outlived the wait (long polls) are not waited for again.
 *
 * Heard on the sessions over which acts and questions go: what a document sends in an act is told of before it answers the next
 * question. Playwright tells later, but knows of what workers send from their first request on: it is heard where there are workers.
 */
export class Traffic {
  readonly #started = new Map<Request | string, Open>();
  readonly #lingering = new Set<string>();
  readonly #changed: () => void;
  #count = 0;

  constructor(page: Page, changed: () => void) {
    this.#changed = changed;
    // A window that the page opened may have had some before it was a tab.
    let heard = page.workers().length > 0;
    if (heard) this.#hear(page);
    page.on('worker', () => {
      if (!heard) this.#hear(page);
      heard = true;
      // The end of a worker's script is told on the session of the worker.
      this.#drop(({ loaderId }) => loaderId === '');
    });
  }

  #hear(page: Page): void {
    page.on('request', (request) => {
      if (AWAITED.has(request.resourceType())) this.#begin(request, request.url(), false);
    });
    const ended = (request: Request): void => this.#end(request);
    page.on('requestfinished', ended);
    page.on('requestfailed', ended);
  }

  /** Listens to the session of a page, or of a frame in its own process. A request may begin in one and end in another. */
  async watch(channel: CdpChannel, mainId: () => string): Promise<void> {
    channel.on('Network.requestWillBeSent', (event: WillBeSent) => {
      const { requestId, loaderId, frameId = '', type = '', request, documentURL = '' } = event;
      if (AWAITED.has(type.toLowerCase()) && !request.url.startsWith('data:'))
        this.#begin(requestId, request.url, siteOf(documentURL) === siteOf(request.url), {
          channel,
          frameId,
          loaderId,
        });
    });
    const ended = ({ requestId }: { requestId: string }): void => this.#end(requestId);
    channel.on('Network.loadingFinished', ended);
    channel.on('Network.loadingFailed', ended);
    // Nobody tells of the end of what a document had not received when it went.
    channel.on('Page.frameNavigated', ({ frame }: { frame: { id: string; loaderId: string } }) =>
      this.#drop(
        ({ frameId, loaderId }) =>
          loaderId !== frame.loaderId && (frameId === frame.id || frame.id === mainId()),
      ),
    );
    channel.on('Page.frameDetached', (gone: { frameId: string; reason: string }) =>
      this.#drop(
        // A document that moves the frame to another process is still on its way.
        ({ frameId, loaderId }, key) =>
          frameId === gone.frameId && !(gone.reason === 'swap' && key === loaderId),
      ),
    );
    channel.on('Inspector.detached', () => this.#drop((by) => by.channel === channel));
    await channel.send('Network.enable', WITHOUT_BODIES);
  }

  #begin(key: Request | string, url: string, own: boolean, by?: Teller): void {
    // A further hop of a redirect is still what was asked for at first.
    const number = this.#started.get(key)?.number ?? ++this.#count;
    const place = url.split(/[?#]/, 1)[0] ?? '';
    this.#started.set(key, { number, place, own, ...(by && { by }) });
    this.#changed();
  }

  #end(key: Request | string): void {
    if (this.#started.delete(key)) this.#changed();
  }

  #drop(isGone: (by: Teller, key: Request | string) => boolean): void {
    for (const [key, { by }] of this.#started) if (by && isGone(by, key)) this.#end(key);
  }

  /** A mark; requests after it are those that an act started. */
  get mark(): number {
    return this.#count;
  }

  #open(since: number): [Request | string, Open][] {
    return [...this.#started].filter(
      ([, { number, place }]) => number > since && !this.#lingering.has(place),
    );
  }

  isQuiet(since: number): boolean {
    return this.#started.size === 0 || this.#open(since).length === 0;
  }

  /** True when nothing at all is in flight that anyone would wait for. */
  get isIdle(): boolean {
    return this.isQuiet(-1);
  }

  /** True while one of these, to the site of its own document, is in flight: other sites are told of an act, its own does it. */
  awaits(ids: Iterable<string>): boolean {
    for (const id of ids) {
      const open = this.#started.get(id);
      if (open?.own && !this.#lingering.has(open.place)) return true;
    }
    return false;
  }

  giveUp(since: number): void {
    for (const [key, { place }] of this.#open(since)) {
      this.#lingering.add(place);
      this.#started.delete(key);
    }
  }
}
