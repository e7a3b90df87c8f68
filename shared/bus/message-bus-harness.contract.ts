import type { Message, Topic } from '../contracts/message.ts';
import type { Delivery, MessageBus, MessageHandler, SubscribeOptions } from './message-bus.ts';

/** One empty bus; `open` may be called again for a second process's view, or after `close` for a restart. */
export interface MessageBusHarness {
  /** Opened with `WELL_KNOWN` subscriptions and a back-off of a few ms. */
  open(): MessageBus | Promise<MessageBus>;
  dispose(): void | Promise<void>;
}

export const WELL_KNOWN = [
  { topic: 'rodex-plan', subscription: 'planner' },
  { topic: 'rodex-steps', subscription: 'executor' },
] as const satisfies readonly { topic: Topic; subscription: string }[];

export const ids = { schemaVersion: 1, tenantId: 'a', runId: `run_${'0'.repeat(20)}` } as const;
export const step = (n: number): Message => ({ type: 'step.ready', ...ids, stepId: `1-${n}` });
export const stepsTo = (subscription: string, maxInFlight = 10): SubscribeOptions => ({
  subscription,
  topic: 'rodex-steps',
  maxInFlight,
});

/** A handler that notes what it gets, and a way to wait for it without sleeping. */
export function recorder(then: MessageHandler = async () => undefined): {
  readonly got: { message: Message; delivery: Delivery }[];
  readonly handler: MessageHandler;
  until(done: () => boolean): Promise<void>;
} {
  const got: { message: Message; delivery: Delivery }[] = [];
  let check: () => void = () => undefined;
  return {
    got,
    handler: async (message, delivery) => {
      got.push({ message, delivery });
      try {
        await then(message, delivery);
      } finally {
        check();
      }
    },
    until: (done) =>
      new Promise((resolve) => {
        check = () => {
          if (done()) resolve();
        };
        check();
      }),
  };
}

/** Asks until it is so: for what no event announces. */
export async function eventually<T>(
  read: () => Promise<T>,
  done: (value: T) => boolean,
): Promise<T> {
  for (;;) {
    const value = await read();
    if (done(value)) return value;
    await new Promise((resolve) => {
      setTimeout(resolve, 2);
    });
  }
}
