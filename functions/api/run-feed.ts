import type { LogEntry } from '../../shared/contracts/log-entry.ts';
import { logPath } from '../../shared/contracts/paths.ts';
import { readLogPage, type LogReaderDeps } from '../../shared/journal/run-log.ts';

/** An entry, and the text that every stream of it is sent. */
export interface FedEntry {
  readonly entry: LogEntry;
  readonly sse: string;
}

/** Is given what comes, in order; false: no more for now. */
export type Take = (entries: readonly FedEntry[]) => boolean;

/** Somebody who has read all there is. */
interface Follower {
  after: number;
  readonly take: Take;
  readonly stopped: (error?: unknown) => void;
}

const KEPT = 500;
const PAGE = 200;

export function sseOf(entry: LogEntry): string {
  const data = JSON.stringify({ type: 'entry', entry });
  return `id: log-${entry.seq}\nevent: entry\ndata: ${data}\n\n`;
}

const fedEntry = (entry: LogEntry): FedEntry => ({ entry, sse: sseOf(entry) });

/**
 * The log of one run for all who watch it in this process: read, decrypted and written out once, whatever their number. Whoever is behind
 * asks for pages; whoever has read all is given what comes in the same turn of the event loop as everybody else.
 */
class RunFeed {
  readonly #read: (after: number) => Promise<LogEntry[]>;
  readonly #unwatch: () => void;
  readonly #followers = new Set<Follower>();
  /** Entries in order without a gap, up to the last that was read. */
  #kept: FedEntry[] = [];
  #reading: Promise<void> | undefined;
  #changed = false;
  /** Watchers, following or not. */
  users = 0;

  constructor(deps: LogReaderDeps, tenantId: string, runId: string) {
    this.#read = async (after) => readLogPage(deps, tenantId, runId, { after, limit: PAGE });
    this.#unwatch = deps.store.watch(logPath(tenantId, runId), () => this.refresh());
  }

  /** There is more than was told. */
  refresh(): void {
    this.#changed = true;
    if (this.#followers.size > 0) void this.#feed();
  }

  close(): void {
    this.#unwatch();
  }

  /** Entries after `after`, in order; an empty page means that there were none when it was asked. */
  async after(after: number): Promise<readonly FedEntry[]> {
    const first = this.#kept[0]?.entry.seq;
    if (first === undefined || after < first - 1) return this.#fill(after);
    const known = this.#from(after);
    if (known.length > 0) return known.slice(0, PAGE);
    await this.#readOn();
    return this.#from(after).slice(0, PAGE);
  }

  /** Gives `take` what comes after `after`, until it wants no more or the signal aborts. Resolves with how far it was given. */
  async follow(after: number, take: Take, signal: AbortSignal): Promise<number> {
    if (signal.aborted || (this.#last ?? after) > after) return after;
    return new Promise<number>((resolve, reject) => {
      const leave = (): void => follower.stopped();
      const follower: Follower = {
        after,
        take,
        stopped: (error) => {
          this.#followers.delete(follower);
          signal.removeEventListener('abort', leave);
          if (error === undefined) resolve(follower.after);
          else reject(error);
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#followers.add(follower);
      // What changed while it came was told to nobody.
      if (this.#changed) void this.#feed();
    });
  }

  /** Reads for the followers until nothing changes any more. */
  async #feed(): Promise<void> {
    try {
      while (this.#changed && this.#followers.size > 0) await this.#readOn();
    } catch (error) {
      for (const follower of this.#followers) follower.stopped(error);
    }
  }

  get #last(): number | undefined {
    return this.#kept.at(-1)?.entry.seq;
  }

  #from(after: number): FedEntry[] {
    const first = this.#kept[0]?.entry.seq ?? 0;
    return this.#kept.slice(after + 1 - first);
  }

  /** All who know of one change wait for one read. */
  async #readOn(): Promise<void> {
    if (this.#changed)
      this.#reading ??= this.#readLater().finally(() => {
        this.#reading = undefined;
      });
    await this.#reading;
  }

  async #readLater(): Promise<void> {
    this.#changed = false;
    try {
      const followed = [...this.#followers].map(({ after }) => after);
      const read = await this.#read(this.#last ?? Math.min(...followed));
      if (read.length === PAGE) this.#changed = true;
      this.#keep(read);
    } catch (error) {
      this.#changed = true;
      throw error;
    }
  }

  /** Somebody far behind reads by themselves; what they reach joins what is kept. */
  async #fill(after: number): Promise<readonly FedEntry[]> {
    const read = await this.#read(after);
    const next = (this.#last ?? after) + 1;
    this.#keep(read.filter(({ seq }) => seq >= next));
    if (read.length === PAGE) this.#changed = true;
    return read.map(fedEntry);
  }

  #keep(entries: readonly LogEntry[]): void {
    const [first] = entries;
    if (!first || first.seq !== (this.#last ?? first.seq - 1) + 1) return;
    const fed = entries.map(fedEntry);
    this.#kept.push(...fed);
    if (this.#kept.length > KEPT) this.#kept = this.#kept.slice(-KEPT);
    for (const follower of this.#followers) this.#give(follower, fed);
  }

  #give(follower: Follower, fed: readonly FedEntry[]): void {
    const news =
      fed[0]?.entry.seq === follower.after + 1
        ? fed
        : fed.filter(({ entry }) => entry.seq > follower.after);
    const last = news.at(-1);
    if (!last) return;
    follower.after = last.entry.seq;
    if (!follower.take(news)) follower.stopped();
  }
}

export type Watching = Pick<RunFeed, 'refresh' | 'after' | 'follow' | 'close'>;

/** Feeds of the runs that are watched now, one for each run. */
export class RunFeeds {
  readonly #deps: LogReaderDeps;
  readonly #feeds = new Map<string, RunFeed>();

  constructor(deps: LogReaderDeps) {
    this.#deps = deps;
  }

  watch(tenantId: string, runId: string): Watching {
    const key = logPath(tenantId, runId);
    const feed = this.#feeds.get(key) ?? new RunFeed(this.#deps, tenantId, runId);
    this.#feeds.set(key, feed);
    feed.users += 1;
    return {
      refresh: () => feed.refresh(),
      after: async (after) => feed.after(after),
      follow: async (after, take, signal) => feed.follow(after, take, signal),
      close: () => {
        feed.users -= 1;
        if (feed.users > 0 || this.#feeds.get(key) !== feed) return;
        this.#feeds.delete(key);
        feed.close();
      },
    };
  }
}
