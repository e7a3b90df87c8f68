import type { Page, Request } from 'playwright-core';

const AWAITED = new Set(['document', 'script', 'stylesheet', 'xhr', 'fetch']);

/** Requests in flight that a page's content depends on. Those that once outlived the wait (long polls) are not waited for again. */
export class Traffic {
  readonly #started = new Map<Request, number>();
  readonly #lingering = new Set<string>();
  #count = 0;

  constructor(page: Page, changed: () => void) {
    page.on('request', (request) => {
      if (!AWAITED.has(request.resourceType())) return;
      this.#started.set(request, ++this.#count);
      changed();
    });
    const ended = (request: Request): void => {
      if (this.#started.delete(request)) changed();
    };
    page.on('requestfinished', ended);
    page.on('requestfailed', ended);
  }

  /** A mark; requests after it are those that an act started. */
  get mark(): number {
    return this.#count;
  }

  #open(since: number): Request[] {
    return [...this.#started]
      .filter(([request, number]) => number > since && !this.#lingering.has(placeOf(request)))
      .map(([request]) => request);
  }

  isQuiet(since: number): boolean {
    return this.#started.size === 0 || this.#open(since).length === 0;
  }

  /** True when nothing at all is in flight that anyone would wait for. */
  get isIdle(): boolean {
    return this.isQuiet(-1);
  }

  giveUp(since: number): void {
    for (const request of this.#open(since)) {
      this.#lingering.add(placeOf(request));
      this.#started.delete(request);
    }
  }
}

const placeOf = (request: Request): string => request.url().split(/[?#]/, 1)[0] ?? '';
