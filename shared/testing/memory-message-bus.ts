import type { Message } from '../contracts/message.ts';
import { TOPIC_OF } from '../contracts/message.ts';
import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { randomId } from '../core/ids.ts';
import type { Backoff, Verdict } from '../bus/delivery-rules.ts';
import { backoffMs, DEFAULT_MAX_ATTEMPTS, messagesOnly, verdictOf } from '../bus/delivery-rules.ts';
import type {
  DeadLetter,
  Letter,
  LetterHandler,
  MessageBus,
  MessageHandler,
  ReceiveOptions,
  SubscribeOptions,
  Subscription,
} from '../bus/message-bus.ts';

interface Row {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Letter['attributes'];
  claims: number;
  deferrals: number;
  visibleMs: number;
}

/** What outlives a closed bus: pass it to the next one to play a restart or a second process. */
export class MemoryMessages {
  readonly topics = new Map<string, string>();
  readonly rows = new Map<string, Set<Row>>();
  readonly dead: DeadLetter[] = [];
  readonly subscribers = new Set<MemorySubscription>();
}

export interface MemoryMessageBusOptions {
  readonly messages?: MemoryMessages;
  readonly clock?: Pick<Clock, 'monotonicMs' | 'sleep'>;
  readonly subscriptions?: readonly { readonly topic: string; readonly subscription: string }[];
  readonly backoff?: Backoff;
}

/** The message bus's twin in memory: same rules, no disk. */
export function openMemoryMessageBus(options: MemoryMessageBusOptions = {}): MessageBus {
  return new MemoryMessageBus(options);
}

class MemoryMessageBus implements MessageBus {
  private readonly messages: MemoryMessages;
  private readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  private readonly backoff: Backoff;
  private readonly own = new Set<MemorySubscription>();
  private closed = false;

  constructor(options: MemoryMessageBusOptions) {
    this.messages = options.messages ?? new MemoryMessages();
    this.clock = options.clock ?? systemClock;
    this.backoff = options.backoff ?? { minMs: 200, maxMs: 60_000 };
    for (const { subscription, topic } of options.subscriptions ?? [])
      this.name(subscription, topic);
  }

  async publish(message: Message): Promise<string> {
    this.assertOpen();
    const topic = TOPIC_OF[message.type] as string | undefined;
    if (topic === undefined) {
      throw new AppError('invalid_message', `no topic for messages of type "${message.type}"`);
    }
    return this.send({ topic, body: JSON.stringify(message), attributes: {} });
  }

  async send({ topic, body, attributes }: Letter): Promise<string> {
    this.assertOpen();
    const messageId = randomId('msg');
    for (const [subscription, of] of this.messages.topics) {
      if (of !== topic) continue;
      const row = { messageId, body, attributes, claims: 0, deferrals: 0, visibleMs: -Infinity };
      this.messages.rows.get(subscription)?.add(row);
    }
    for (const subscriber of this.messages.subscribers) subscriber.pump();
    return messageId;
  }

  async subscribe(options: SubscribeOptions, handler: MessageHandler): Promise<Subscription> {
    return this.receive(options, messagesOnly(handler));
  }

  async receive(options: ReceiveOptions, handler: LetterHandler): Promise<Subscription> {
    this.assertOpen();
    this.name(options.subscription, options.topic);
    const subscriber = new MemorySubscription(
      this.messages,
      this.clock,
      this.backoff,
      options,
      handler,
    );
    this.messages.subscribers.add(subscriber);
    this.own.add(subscriber);
    subscriber.pump();
    return subscriber;
  }

  async setAside(letter: DeadLetter): Promise<void> {
    this.assertOpen();
    this.messages.dead.push(letter);
  }

  async deadLetters(subscription: string): Promise<readonly DeadLetter[]> {
    this.assertOpen();
    return this.messages.dead.filter((letter) => letter.subscription === subscription);
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.own].map((subscriber) => subscriber.close()));
  }

  private name(subscription: string, topic: string): void {
    const known = this.messages.topics.get(subscription);
    if (known !== undefined && known !== topic) {
      throw new AppError(
        'invalid_config',
        `the subscription ${subscription} belongs to the topic ${known}, not ${topic}`,
      );
    }
    this.messages.topics.set(subscription, topic);
    if (!this.messages.rows.has(subscription)) this.messages.rows.set(subscription, new Set());
  }

  private assertOpen(): void {
    if (this.closed) throw new AppError('bus_unavailable', 'the message bus was closed');
  }
}

class MemorySubscription implements Subscription {
  private readonly messages: MemoryMessages;
  private readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  private readonly backoff: Backoff;
  private readonly options: ReceiveOptions;
  private readonly handler: LetterHandler;
  private readonly inFlight = new Set<Promise<void>>();
  private readonly ended = new AbortController();
  private sleeping = new AbortController();

  constructor(
    messages: MemoryMessages,
    clock: Pick<Clock, 'monotonicMs' | 'sleep'>,
    backoff: Backoff,
    options: ReceiveOptions,
    handler: LetterHandler,
  ) {
    this.messages = messages;
    this.clock = clock;
    this.backoff = backoff;
    this.options = options;
    this.handler = handler;
  }

  pump(): void {
    let next = Infinity;
    const now = this.clock.monotonicMs();
    for (const row of this.messages.rows.get(this.options.subscription) ?? []) {
      if (this.ended.signal.aborted || this.inFlight.size >= this.options.maxInFlight) return;
      if (row.visibleMs <= now) this.start(row);
      else next = Math.min(next, row.visibleMs);
    }
    if (next === Infinity) return;
    this.sleeping.abort();
    this.sleeping = new AbortController();
    this.clock.sleep(Math.max(next - now, 1), this.sleeping.signal).then(
      () => this.pump(),
      () => undefined,
    );
  }

  async close(): Promise<void> {
    this.ended.abort();
    this.sleeping.abort();
    await Promise.all(this.inFlight);
    this.messages.subscribers.delete(this);
  }

  private start(row: Row): void {
    row.claims += 1;
    // A holder in this process cannot die alone; the lease is kept by not letting it run out.
    row.visibleMs = Infinity;
    const settled = this.handle(row).finally(() => {
      this.inFlight.delete(settled);
      for (const subscriber of this.messages.subscribers) subscriber.pump();
    });
    this.inFlight.add(settled);
  }

  private async handle(row: Row): Promise<void> {
    const verdict = await this.verdictOn(row);
    const rows = this.messages.rows.get(this.options.subscription);
    if (verdict.kind === 'nack') {
      if (!verdict.counted) row.deferrals += 1;
      row.visibleMs = this.clock.monotonicMs() + backoffMs(this.backoff, row.claims);
      return;
    }
    rows?.delete(row);
    if (verdict.kind === 'ack') return;
    const { messageId, body } = row;
    const { subscription } = this.options;
    this.messages.dead.push({ messageId, subscription, reason: verdict.reason, body });
  }

  private async verdictOn(row: Row): Promise<Verdict> {
    const attempt = row.claims - row.deferrals;
    try {
      const { signal } = this.ended;
      const { body, attributes, messageId } = row;
      const letter = { subscription: this.options.subscription, body, attributes };
      await this.handler(letter, { messageId, attempt, signal });
      return { kind: 'ack' };
    } catch (error) {
      return verdictOf(error, attempt, this.options.maxAttempts ?? DEFAULT_MAX_ATTEMPTS);
    }
  }
}
