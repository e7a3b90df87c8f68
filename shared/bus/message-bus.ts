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

/** What crosses the border of Rodex: a body that no contract of ours vouches for yet, or one of ours for others. */
export interface Letter {
  readonly topic: string;
  readonly body: string;
  /** Names of letters, digits, `.`, `_` and `-`. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ReceivedLetter extends Omit<Letter, 'topic'> {
  readonly subscription: string;
}

/** Answers as a `MessageHandler` does. */
export type LetterHandler = (letter: ReceivedLetter, delivery: Delivery) => Promise<void>;

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

export interface ReceiveOptions extends Omit<SubscribeOptions, 'topic'> {
  readonly topic: string;
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
  /** To any topic; durable before it resolves. Errors besides: `invalid_config` where the topic does not exist and is not made. */
  send(letter: Letter): Promise<string>;
  /** As `subscribe`, of bodies as they came. */
  receive(options: ReceiveOptions, handler: LetterHandler): Promise<Subscription>;
  deadLetters(subscription: string): Promise<readonly DeadLetter[]>;
  /** Sets a message aside by hand: an HTTP function that is pushed to can only acknowledge or refuse. Durable before it resolves. */
  setAside(letter: DeadLetter): Promise<void>;
  close(): Promise<void>;
}
