import { PubSub } from '@google-cloud/pubsub';

import type { Message } from '../contracts/message.ts';
import { TOPIC_OF } from '../contracts/message.ts';
import type { Topic } from '../contracts/message.ts';
import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { messagesOnly, type Backoff } from './delivery-rules.ts';
import type {
  DeadLetter,
  Letter,
  LetterHandler,
  MessageBus,
  MessageHandler,
  ReceiveOptions,
  SubscribeOptions,
  Subscription,
} from './message-bus.ts';
import { newTravel, toAttributes, type Travel } from './pubsub-attributes.ts';
import { peekDeadLetters, setAside } from './pubsub-dead-letters.ts';
import { isMissing, pubsubError } from './pubsub-errors.ts';
import { PubsubSubscription } from './pubsub-subscription.ts';
import { PubsubTopology, type SubscriptionDeclaration } from './pubsub-topology.ts';

export interface PubsubMessageBusOptions {
  readonly projectId: string;
  /** `host:port` of the emulator. */
  readonly emulatorHost?: string;
  /** What is missing is made instead of named; absent: on the emulator, which forgets all on a restart. */
  readonly makeMissing?: boolean;
  /** What must be there when the bus is opened. */
  readonly subscriptions?: readonly SubscriptionDeclaration[];
  /** How long a message that does not count as an attempt is held before it goes round again. */
  readonly backoff?: Backoff;
  readonly clock?: Pick<Clock, 'sleep'>;
  /** Told of streams that broke and are opened again. */
  readonly onTrouble?: (message: string) => void;
}

const DEFAULT_BACKOFF: Backoff = { minMs: 1_000, maxMs: 60_000 };
/** The caller waits for it: what cannot be sent by then is found by the sweep. */
const PUBLISH_PATIENCE_MS = 10_000;

/** Messages in Pub/Sub. Errors: `invalid_config` naming each topic, subscription or dead letter that a real project lacks. */
export async function openPubsubMessageBus(options: PubsubMessageBusOptions): Promise<MessageBus> {
  const bus = new PubsubMessageBus(options);
  try {
    await bus.prepare(options.subscriptions ?? []);
  } catch (error) {
    await bus.close();
    throw error;
  }
  return bus;
}

class PubsubMessageBus implements MessageBus {
  readonly #pubsub: PubSub;
  readonly #topology: PubsubTopology;
  readonly #options: PubsubMessageBusOptions;
  readonly #open = new Set<PubsubSubscription>();
  #declared: readonly SubscriptionDeclaration[] = [];
  #closed = false;

  constructor(options: PubsubMessageBusOptions) {
    this.#options = options;
    const { projectId, emulatorHost } = options;
    // Passed on to gRPC, whose own pause between attempts to connect grows to two minutes: a service that is back would not be found.
    const connection = { 'grpc.max_reconnect_backoff_ms': 2_000 };
    this.#pubsub = new PubSub({
      ...connection,
      projectId,
      ...(emulatorHost !== undefined && { apiEndpoint: emulatorHost, emulatorMode: true }),
    });
    this.#topology = new PubsubTopology(this.#pubsub);
  }

  get #makesMissing(): boolean {
    return this.#options.makeMissing ?? this.#options.emulatorHost !== undefined;
  }

  async prepare(declared: readonly SubscriptionDeclaration[]): Promise<void> {
    this.#declared = declared;
    if (this.#makesMissing) return this.#topology.ensure(declared);
    const missing = await this.#topology.findMissing(declared);
    if (missing.length === 0) return;
    throw new AppError(
      'invalid_config',
      `the project ${this.#options.projectId} lacks: ${missing.join('; ')}. \`rodex doctor --gcp\` says how to make them`,
      { details: { missing: [...missing] } },
    );
  }

  async publish(message: Message): Promise<string> {
    const topic = TOPIC_OF[message.type] as Topic | undefined;
    if (topic === undefined)
      throw new AppError('invalid_message', `no topic for messages of type "${message.type}"`);
    return this.send({ topic, body: JSON.stringify(message), attributes: { type: message.type } });
  }

  async send(letter: Letter): Promise<string> {
    this.#assertOpen();
    const travel = newTravel();
    await this.#send(letter, travel);
    return travel.messageId;
  }

  async subscribe(options: SubscribeOptions, handler: MessageHandler): Promise<Subscription> {
    return this.receive(options, messagesOnly(handler));
  }

  async receive(options: ReceiveOptions, handler: LetterHandler): Promise<Subscription> {
    this.#assertOpen();
    const declaration = { topic: options.topic, subscription: options.subscription };
    const ready = async (): Promise<void> => {
      if (this.#makesMissing) await this.#topology.ensure([this.#declarationOf(declaration)]);
      await this.#topology.assertTopic(options.subscription, options.topic);
    };
    await ready();
    const subscription = new PubsubSubscription({
      pubsub: this.#pubsub,
      options,
      handler,
      ready,
      clock: this.#options.clock ?? systemClock,
      backoff: this.#options.backoff ?? DEFAULT_BACKOFF,
      sendAgain: async (letter, travel) => this.#send({ ...letter, topic: options.topic }, travel),
      setAside: async (letter) => setAside(this.#pubsub, letter),
      onTrouble: this.#options.onTrouble ?? (() => undefined),
      onClose: (closed) => this.#open.delete(closed),
    });
    this.#open.add(subscription);
    return subscription;
  }

  async deadLetters(subscription: string): Promise<readonly DeadLetter[]> {
    this.#assertOpen();
    return peekDeadLetters(this.#pubsub, subscription);
  }

  async setAside(letter: DeadLetter): Promise<void> {
    this.#assertOpen();
    await setAside(this.#pubsub, letter);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([...this.#open].map((subscription) => subscription.close()));
    await this.#pubsub.close();
  }

  #declarationOf(wanted: SubscriptionDeclaration): SubscriptionDeclaration {
    const same = ({ topic, subscription }: SubscriptionDeclaration): boolean =>
      topic === wanted.topic && subscription === wanted.subscription;
    return this.#declared.find(same) ?? wanted;
  }

  async #send({ topic, body, attributes }: Letter, travel: Travel): Promise<void> {
    const publish = async (): Promise<unknown> =>
      this.#pubsub
        .topic(topic, {
          // One message a request: a wake-up that waits for company comes late.
          batching: { maxMessages: 1 },
          gaxOpts: { timeout: PUBLISH_PATIENCE_MS },
        })
        .publishMessage({ data: Buffer.from(body), attributes: toAttributes(travel, attributes) });
    try {
      await this.#inTime(publish(), topic);
    } catch (error) {
      if (!isMissing(error) || !this.#makesMissing)
        throw pubsubError(error, `publishing to ${topic}`);
      await this.#topology.ensure(this.#declared);
      await this.#topology.ensureTopic(topic);
      await publish().catch((again: unknown) => {
        throw pubsubError(again, `publishing to ${topic}`);
      });
    }
  }

  /** The client's own time-out starts anew with each of its attempts. What comes through later after all is one wake-up more. */
  async #inTime(sent: Promise<unknown>, topic: string): Promise<void> {
    const over = new AbortController();
    const clock = this.#options.clock ?? systemClock;
    const late = clock.sleep(PUBLISH_PATIENCE_MS, over.signal).then(
      () => {
        throw new AppError('bus_unavailable', `publishing to ${topic} took too long`, {
          retryable: true,
        });
      },
      () => undefined,
    );
    try {
      await Promise.race([sent, late]);
    } finally {
      over.abort();
      sent.catch(() => undefined);
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new AppError('bus_unavailable', 'the message bus was closed');
  }
}
