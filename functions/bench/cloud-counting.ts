import type { MessageBus } from '../../shared/bus/message-bus.ts';
import type { StateStore } from '../../shared/state/state-store.ts';

/** What Google bills, counted where the ports are called. */
export interface Bill {
  documentWrites: number;
  documentDeletes: number;
  /** A query that finds nothing counts as one. */
  documentReads: number;
  /** Documents that listeners were told of, and one for each listener that begins. */
  listenerReads: number;
  commits: number;
  published: number;
  /** Pulled by executors; pushes are counted by who is pushed to. */
  delivered: number;
}

export function newBill(): Bill {
  return {
    documentWrites: 0,
    documentDeletes: 0,
    documentReads: 0,
    listenerReads: 0,
    commits: 0,
    published: 0,
    delivered: 0,
  };
}

/** `wakeAfterMs` delays what a listener tells: a handicap. */
export function countingStore(store: StateStore, bill: Bill, wakeAfterMs = 0): StateStore {
  return {
    commit: async (writes) => {
      bill.commits += 1;
      for (const { op } of writes)
        if (op === 'delete') bill.documentDeletes += 1;
        else bill.documentWrites += 1;
      return store.commit(writes);
    },
    get: async (path) => {
      bill.documentReads += 1;
      return store.get(path);
    },
    query: async (query) => {
      const found = await store.query(query);
      bill.documentReads += Math.max(1, found.length);
      return found as never;
    },
    watch: (prefix, onChange) => {
      bill.listenerReads += 1;
      return store.watch(prefix, (paths) => {
        bill.listenerReads += paths.length;
        if (wakeAfterMs === 0) onChange(paths);
        else setTimeout(() => onChange(paths), wakeAfterMs);
      });
    },
    close: async () => store.close(),
  };
}

export function countingBus(bus: MessageBus, bill: Bill): MessageBus {
  return {
    publish: async (message) => {
      bill.published += 1;
      return bus.publish(message);
    },
    subscribe: async (options, handler) =>
      bus.subscribe(options, async (message, delivery) => {
        bill.delivered += 1;
        await handler(message, delivery);
      }),
    send: async (letter) => {
      bill.published += 1;
      return bus.send(letter);
    },
    receive: async (options, handler) => bus.receive(options, handler),
    deadLetters: async (subscription) => bus.deadLetters(subscription),
    setAside: async (letter) => bus.setAside(letter),
    close: async () => bus.close(),
  };
}
