import type { BrowserContext, CDPSession, Page } from 'playwright-core';

/** What is kept of a run's pictures; beyond it every second one is let go, and pictures are taken half as often. */
const MAX_BYTES = 20 * 1024 * 1024;
const FIRST_INTERVAL_MS = 200;

export interface Frame {
  /** Milliseconds since the recording began. */
  readonly atMs: number;
  /** A JPEG in base64. */
  readonly data: string;
}

/** A line under the pictures. */
export interface Caption {
  readonly atMs: number;
  readonly text: string;
}

/** Pictures of what the tabs of a context show, as they change. */
export class Screencast {
  readonly #started = performance.now();
  readonly #captions: Caption[] = [];
  readonly #sessions = new Set<CDPSession>();
  #frames: Frame[] = [];
  #bytes = 0;
  #interval = FIRST_INTERVAL_MS;
  #last = Number.NEGATIVE_INFINITY;

  constructor(context: BrowserContext) {
    context.on('page', (page) => {
      // A window that closes at once has nothing to show.
      this.#follow(context, page).catch(() => undefined);
    });
  }

  async #follow(context: BrowserContext, page: Page): Promise<void> {
    const session = await context.newCDPSession(page);
    this.#sessions.add(session);
    session.on('Page.screencastFrame', ({ data, sessionId }) => {
      session.send('Page.screencastFrameAck', { sessionId }).catch(() => undefined);
      this.#keep(data);
    });
    await session.send('Page.startScreencast', {
      format: 'jpeg',
      quality: 60,
      maxWidth: 1_280,
      maxHeight: 960,
    });
  }

  #keep(data: string): void {
    const atMs = performance.now() - this.#started;
    // The newest picture of an interval is the one that counts.
    if (atMs - this.#last < this.#interval) {
      const dropped = this.#frames.pop();
      this.#bytes -= dropped?.data.length ?? 0;
    } else this.#last = atMs;
    this.#frames.push({ atMs, data });
    this.#bytes += data.length;
    if (this.#bytes <= MAX_BYTES) return;
    this.#frames = this.#frames.filter((_frame, at) => at % 2 === 0);
    this.#bytes = this.#frames.reduce((sum, frame) => sum + frame.data.length, 0);
    this.#interval *= 2;
  }

  /** Says what is done at this moment. */
  say(text: string): void {
    this.#captions.push({ atMs: performance.now() - this.#started, text });
  }

  /** Ends it; gives what was recorded. */
  async stop(): Promise<{ frames: readonly Frame[]; captions: readonly Caption[] }> {
    await Promise.all([...this.#sessions].map((each) => each.detach().catch(() => undefined)));
    return { frames: this.#frames, captions: this.#captions };
  }
}
