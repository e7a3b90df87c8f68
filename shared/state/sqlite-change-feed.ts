import type { StatementSync } from 'node:sqlite';

import { checkWatchPrefix, isUnder } from './document-rules.ts';

interface Watcher {
  readonly prefix: string;
  readonly onChange: (paths: readonly string[]) => void;
}

const QUICK_MS = 10;
const SLOW_MS = 50;
const PAGE = 1_000;

/**
 * Tells watchers what was committed: this connection's commits at once, other processes' by polling SQLite's data_version
 * (a few µs), which changes with each commit of another connection. Polls only while somebody watches.
 */
export class SqliteChangeFeed {
  private readonly statement: (text: string) => StatementSync;
  private readonly watchers = new Set<Watcher>();
  private timer: NodeJS.Timeout | undefined;
  private pollMs = QUICK_MS;
  private dataVersion = -1;
  /** The last change that was told. */
  private seq = 0;
  private due = false;

  constructor(statement: (text: string) => StatementSync) {
    this.statement = statement;
  }

  add(prefix: string, onChange: Watcher['onChange']): () => void {
    checkWatchPrefix(prefix);
    const watcher: Watcher = { prefix, onChange };
    if (this.watchers.size === 0) {
      this.dataVersion = this.readDataVersion();
      this.seq = this.lastSeq();
    }
    this.watchers.add(watcher);
    queueMicrotask(() => this.tell(watcher, []));
    this.schedule();
    return () => {
      this.watchers.delete(watcher);
      if (this.watchers.size === 0) this.stop();
    };
  }

  /** After a commit of this connection. Commits of one turn of the event loop are told together. */
  changed(): void {
    if (this.watchers.size === 0 || this.due) return;
    this.due = true;
    queueMicrotask(() => {
      this.due = false;
      if (this.watchers.size > 0) this.drainOrRetry();
    });
  }

  close(): void {
    this.watchers.clear();
    this.stop();
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.poll();
      if (this.watchers.size > 0) this.schedule();
    }, this.pollMs).unref();
  }

  private poll(): void {
    const version = this.tryRead(() => this.readDataVersion());
    if (version === undefined || version === this.dataVersion) {
      this.pollMs = Math.min(this.pollMs * 1.1, SLOW_MS);
      return;
    }
    this.pollMs = QUICK_MS;
    if (this.drainOrRetry()) this.dataVersion = version;
  }

  /** False when the file was busy: the next poll tries again, since the version was not taken over. */
  private drainOrRetry(): boolean {
    const paths = this.tryRead(() => this.takeChanges());
    if (paths === undefined) {
      this.dataVersion = -1;
      return false;
    }
    for (const watcher of this.watchers) {
      if (paths === 'all') {
        this.tell(watcher, []);
        continue;
      }
      const mine = paths.filter((path) => isUnder(watcher.prefix, path));
      if (mine.length > 0) this.tell(watcher, mine);
    }
    return true;
  }

  private takeChanges(): string[] | 'all' {
    const first = this.statement('SELECT min(seq) AS seq FROM changes').get() as {
      seq: number | null;
    };
    const missed = first.seq !== null && first.seq > this.seq + 1;
    const paths = new Set<string>();
    for (;;) {
      const rows = this.statement(
        'SELECT seq, path FROM changes WHERE seq > ? ORDER BY seq LIMIT ?',
      ).all(this.seq, PAGE) as unknown as { seq: number; path: string }[];
      for (const row of rows) paths.add(row.path);
      this.seq = rows.at(-1)?.seq ?? this.seq;
      if (rows.length < PAGE) return missed ? 'all' : [...paths];
    }
  }

  private readDataVersion(): number {
    return (this.statement('PRAGMA data_version').get() as { data_version: number }).data_version;
  }

  private lastSeq(): number {
    const row = this.statement('SELECT max(seq) AS seq FROM changes').get() as {
      seq: number | null;
    };
    return row.seq ?? 0;
  }

  private tryRead<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch {
      // Busy or failing: the store's own calls report it; the feed stays alive and asks again.
      return undefined;
    }
  }

  private tell(watcher: Watcher, paths: readonly string[]): void {
    if (!this.watchers.has(watcher)) return;
    try {
      watcher.onChange(paths);
    } catch (error) {
      // A watcher's fault is neither the committer's nor the other watchers': let it surface as uncaught.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
