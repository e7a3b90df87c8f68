import type { Delivery, MessageBus, MessageHandler } from '../../../shared/bus/message-bus.ts';
import { TOPIC_OF, type Message } from '../../../shared/contracts/message.ts';
import { messageVerdict } from '../../../shared/core/error-table.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { StateStore } from '../../../shared/state/state-store.ts';
import {
  openMemoryStateStore,
  type MemoryDocuments,
} from '../../../shared/testing/memory-state-store.ts';
import type { SimulatedProcess } from './process.ts';
import type { Simulation } from './simulation.ts';

/** The store as one process reaches it: every call crosses, may fail, may lose its reply; changes are heard of later, or twice. */
export function simulatedStore(documents: MemoryDocuments, process: SimulatedProcess): StateStore {
  const { simulation } = process;
  const store = openMemoryStateStore({ documents, clock: process.clock });
  const traced = process.counters.note !== undefined;
  const call = async <T>(what: () => string, apply: () => Promise<T>): Promise<T> =>
    process.call(traced ? what() : '', apply, 'store_unavailable');
  return {
    commit: async (writes) =>
      call(
        () => `commit ${writes.map(({ op, path }) => `${op} ${short(path)}`).join(', ')}`,
        async () => store.commit(writes),
      ),
    get: async (path) =>
      call(
        () => `get ${short(path)}`,
        async () => store.get(path),
      ),
    query: async (query) =>
      call(
        () => `query ${short(query.collection)}`,
        async () => store.query(query),
      ),
    watch: (prefix, onChange) => {
      let live = true;
      const unwatch = store.watch(prefix, (paths) =>
        simulation.schedule(simulation.random() * 5, () =>
          process.mayRun(() => {
            if (live) onChange(paths);
          }),
        ),
      );
      return () => {
        live = false;
        unwatch();
      };
    },
    close: async () => store.close(),
  };
}

/** The path below its run. */
const short = (path: string): string => path.split('/').slice(4).join('/') || path;

interface Subscriber {
  readonly process: SimulatedProcess;
  readonly topic: string;
  readonly handler: MessageHandler;
}

const ACK_DEADLINE_MS = 60_000;
const MAX_ATTEMPTS = 5;

/** Messages between processes: at least once, in any order; what a dead process held comes again after its deadline. */
export class SimulatedBus {
  readonly #simulation: Simulation;
  readonly #subscribers = new Set<Subscriber>();
  readonly deadLetters: { message: Message; reason: string }[] = [];

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  of(process: SimulatedProcess): MessageBus {
    return {
      publish: async (message) =>
        process.call(
          `publish ${message.type}`,
          async () => {
            const { faults, counters } = process;
            const copies = !process.calm && this.#simulation.random() < faults.message ? 2 : 1;
            if (copies > 1) counters.faults.duplicate += 1;
            for (let copy = 0; copy < copies; copy += 1) this.#send(message, process);
            return 'message';
          },
          'bus_unavailable',
        ),
      subscribe: async ({ topic }, handler) => {
        const subscriber = { process, topic, handler };
        this.#subscribers.add(subscriber);
        return { close: async () => void this.#subscribers.delete(subscriber) };
      },
      // Letters are for triggers, which have no part in a simulated run.
      send: async () => 'letter',
      receive: async () => ({ close: async () => undefined }),
      deadLetters: async () => [],
      setAside: async () => undefined,
      close: async () => undefined,
    };
  }

  #send(message: Message, from: SimulatedProcess): void {
    // Nobody is there for what triggers tell others.
    if (TOPIC_OF[message.type] === 'rodex-changes') return;
    const late = !from.calm && this.#simulation.random() < from.faults.message;
    if (late) from.counters.faults.delay += 1;
    const delayMs = this.#simulation.random() * (late ? 300_000 : 10);
    this.#simulation.schedule(delayMs, () => this.#deliver(message, 1));
  }

  #deliver(message: Message, attempt: number): void {
    const again = (delayMs: number, next: number): void =>
      this.#simulation.schedule(delayMs, () => this.#deliver(message, next));
    const able = [...this.#subscribers].filter(
      ({ process, topic }) => process.alive && topic === TOPIC_OF[message.type],
    );
    const taker = able[Math.floor(this.#simulation.random() * able.length)];
    if (!taker) return again(1_000, attempt);
    let settled = false;
    const delivery: Delivery = {
      messageId: 'message',
      attempt,
      signal: new AbortController().signal,
    };
    const refused = (error: unknown): void => {
      settled = true;
      const problem = AppError.from(error);
      const verdict = messageVerdict(problem.code);
      if (verdict === 'ack') return;
      if (verdict === 'dead-letter' || attempt >= MAX_ATTEMPTS)
        this.deadLetters.push({ message, reason: `${problem.code}: ${problem.message}` });
      else again(200 * 2 ** attempt, attempt + 1);
    };
    taker.process.mayRun(() => {
      taker.handler(message, delivery).then(() => {
        settled = true;
      }, refused);
    });
    const expire = (): void => {
      if (settled) return;
      // A live holder extends its deadline; a dead one cannot.
      if (taker.process.alive) this.#simulation.schedule(ACK_DEADLINE_MS, expire);
      else this.#deliver(message, attempt);
    };
    this.#simulation.schedule(ACK_DEADLINE_MS, expire);
  }
}
