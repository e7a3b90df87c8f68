import type { Message, Topic } from '../contracts/message.ts';

export interface Delivery {
  readonly messageId: string;
  /** From 1; a message is dead-lettered after the subscription's maximum. */
  readonly attempt: number;
  /** Aborted when the subscription closes. */
  readonly signal: AbortSignal;
}

/**
 * Resolving acknowledges. Rejecting with an AppError decides by its code (shared/core/error-table.ts): nack (redelivered after a
 * back-off) or dead-letter. Any other rejection is a nack.
 */
export type MessageHandler = (message: Message, delivery: Delivery) => Promise<void>;

export interface SubscribeOptions {
  /** Name of the durable subscription; processes that share it share its messages. */
  readonly subscription: string;
  readonly topic: Topic;
  /** Messages handled at once by this subscriber. */
  readonly maxInFlight: number;
  /** How long a delivery is ours before it is redelivered; extended by the adapter while the handler runs. */
  readonly leaseMs?: number;
  readonly maxAttempts?: number;
}

export interface Subscription {
  /** Stops taking messages, waits for handlers in flight. */
  close(): Promise<void>;
}

export interface DeadLetter {
  readonly messageId: string;
  readonly subscription: string;
  readonly reason: string;
  readonly body: string;
}

/** At least once, unordered, durable. Subscriptions exist from the first time that they are named and keep messages from then on. */
export interface MessageBus {
  /** Durable before it resolves. Errors: `bus_unavailable` (retryable), `disk_full`. */
  publish(message: Message): Promise<string>;
  subscribe(options: SubscribeOptions, handler: MessageHandler): Promise<Subscription>;
  deadLetters(subscription: string): Promise<readonly DeadLetter[]>;
  close(): Promise<void>;
}
