import { readMemory, type Memory } from './browser-memory.ts';

const MIB = 1024 * 1024;
/** Of a context where nothing can be measured: a heavy page takes some 60 MB. */
const GUESS = 64 * MIB;
const MIN_CONTEXT = 32 * MIB;
/** What a browser without a context takes, about. */
const EMPTY_BROWSER = 80 * MIB;
/** Kept free for pages that grow. */
const reserveOf = ({ limitBytes }: Memory): number => Math.min(256 * MIB, limitBytes * 0.1);
/** With this much to spare nobody measures: it would take milliseconds of each run. */
const PLENTY = 1024 * MIB;
/** Memory has no event: whoever waits for it looks again after this time, and when a context closed. */
const LOOK_AGAIN_MS = 1_000;

export interface MemoryGateOptions {
  /** Contexts at once, however much memory there is. */
  readonly maxContexts: number;
  readonly readMemory?: () => Promise<Memory | undefined>;
  /** Bytes that all browsers take now; undefined: not known. */
  readonly browserBytes: () => Promise<number | undefined>;
}

/**
 * Lets runs have a browser context while there is memory for one more, in the order in which they came; the first is always let in.
 * What a context takes is measured where memory is scarce: what the browser takes, shared by its contexts.
 */
export class MemoryGate {
  readonly #options: MemoryGateOptions;
  readonly #queue: (() => void)[] = [];
  readonly #waiting = new Set<() => void>();
  #open = 0;
  #changes = 0;

  constructor(options: MemoryGateOptions) {
    this.#options = options;
  }

  get openContexts(): number {
    return this.#open;
  }

  /**
   * Resolves when a context may be opened, with what gives its place free. `onWait` is told why it has to wait, once for each reason.
   * Rejects with the signal's reason.
   */
  async enter(signal?: AbortSignal, onWait?: (reason: string) => void): Promise<() => void> {
    let told: string | undefined;
    const ticket = (): void => undefined;
    this.#queue.push(ticket);
    try {
      for (;;) {
        signal?.throwIfAborted();
        const seen = this.#changes;
        const reason =
          this.#queue[0] === ticket
            ? await this.#full()
            : 'other runs wait for a browser before it';
        if (reason === undefined) break;
        const kind = reason.replace(/\d+/g, '#');
        if (kind !== told) onWait?.(reason);
        told = kind;
        // A place that became free while this one looked is looked at again at once.
        signal?.throwIfAborted();
        if (seen === this.#changes) await this.#change(signal);
      }
    } finally {
      this.#queue.splice(this.#queue.indexOf(ticket), 1);
      this.#wake();
    }
    this.#open += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#open -= 1;
      this.#wake();
    };
  }

  /** Why no further context may be opened now; undefined when one may. */
  async #full(): Promise<string | undefined> {
    const { maxContexts } = this.#options;
    if (this.#open === 0) return undefined;
    if (this.#open >= maxContexts)
      return `${this.#open} browser contexts are open, which is the limit`;
    const memory = await (this.#options.readMemory ?? readMemory)();
    if (!memory) return undefined;
    const spare = memory.freeBytes - reserveOf(memory);
    if (spare >= PLENTY) return undefined;
    const needed = await this.#perContext();
    if (spare >= needed) return undefined;
    const mib = (bytes: number): number => Math.round(bytes / MIB);
    return `${this.#open} browser contexts are open and ${mib(memory.freeBytes)} of ${mib(memory.limitBytes)} MiB are free; one more needs about ${mib(needed)} MiB beside a reserve of ${mib(reserveOf(memory))} MiB`;
  }

  async #perContext(): Promise<number> {
    const bytes = await this.#options.browserBytes().catch(() => undefined);
    return bytes === undefined
      ? GUESS
      : Math.max(MIN_CONTEXT, (bytes - EMPTY_BROWSER) / Math.max(1, this.#open));
  }

  #wake(): void {
    this.#changes += 1;
    for (const wake of this.#waiting) wake();
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      const stop = (): void => {
        done();
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(done, LOOK_AGAIN_MS);
      this.#waiting.add(done);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }
}
