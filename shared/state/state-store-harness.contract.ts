import { afterEach, beforeEach } from 'vitest';

import type { Clock } from '../core/clock.ts';
import type { StateStore, Write } from './state-store.ts';

/** One empty set of documents; `open` may be called again for a second process's view, or after `close` for a restart. */
export interface StateStoreHarness {
  open(options?: { clock?: Clock }): StateStore | Promise<StateStore>;
  dispose(): void | Promise<void>;
  /** Commits from another operating system process. */
  commitElsewhere?(writes: readonly Write[]): Promise<void>;
}

/** What the suite works on; a new one for each test. */
export interface Subject {
  store: StateStore;
  readonly harness: StateStoreHarness;
  open(options?: { clock?: Clock }): Promise<StateStore>;
}

export function useSubject(newHarness: () => Promise<StateStoreHarness>): Subject {
  let harness: StateStoreHarness;
  let opened: StateStore[];
  const subject = {
    store: undefined as unknown as StateStore,
    get harness() {
      return harness;
    },
    open: async (options?: { clock?: Clock }): Promise<StateStore> => {
      const next = await harness.open(options);
      opened.push(next);
      return next;
    },
  };
  beforeEach(async () => {
    opened = [];
    harness = await newHarness();
    subject.store = await subject.open();
  });
  afterEach(async () => {
    for (const each of opened) await each.close();
    await harness.dispose();
  });
  return subject;
}

export const create = (path: string, data: Record<string, unknown> = {}): Write => ({
  op: 'create',
  path,
  data,
});

/** Collects what a watcher hears and lets a test wait for a path, without sleeping. */
export function listener(): {
  readonly heard: (readonly string[])[];
  readonly onChange: (paths: readonly string[]) => void;
  until(done: (paths: ReadonlySet<string>, calls: number) => boolean): Promise<void>;
} {
  const heard: (readonly string[])[] = [];
  let check: () => void = () => undefined;
  return {
    heard,
    onChange: (paths) => {
      heard.push(paths);
      check();
    },
    until: (done) =>
      new Promise((resolve) => {
        check = () => {
          if (done(new Set(heard.flat()), heard.length)) resolve();
        };
        check();
      }),
  };
}
