import type { Message as Received, PubSub, Subscription as Stream } from '@google-cloud/pubsub';
import { Duration } from '@google-cloud/pubsub';

import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Backoff, Verdict } from './delivery-rules.ts';
import { backoffMs, DEFAULT_LEASE_MS, DEFAULT_MAX_ATTEMPTS, verdictOf } from './delivery-rules.ts';
import type {
  DeadLetter,
  LetterHandler,
  ReceivedLetter,
  ReceiveOptions,
  Subscription,
} from './message-bus.ts';
import { toTravel, type Travel } from './pubsub-attributes.ts';

interface Parts {
  readonly pubsub: PubSub;
  readonly options: ReceiveOptions;
  readonly handler: LetterHandler;
  /** Resolves when the subscription can be listened to. */
  readonly ready: () => Promise<void>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly backoff: Backoff;
  readonly sendAgain: (letter: ReceivedLetter, travel: Travel) => Promise<void>;
  readonly setAside: (letter: DeadLetter) => Promise<void>;
  readonly onTrouble: (message: string) => void;
  readonly onClose: (subscription: PubsubSubscription) => void;
}

/** Messages that are held until they go round again must not keep others out. */
const HELD_ROOM = 100;
const REOPEN: Backoff = { minMs: 250, maxMs: 5_000 };

/** One subscriber: a streaming pull that is opened again whenever it breaks; the client extends the leases of what it holds. */
export class PubsubSubscription implements Subscription {
  readonly #parts: Parts;
  readonly #maxAttempts: number;
  readonly #ended = new AbortController();
  readonly #waiting: Received[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  #handling = 0;
  #stream: Stream | undefined;
  #reopening: Promise<void> = Promise.resolve();
  #failures = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#maxAttempts = parts.options.maxAttempts ?? DEFAULT_MAX_ATTEMPTS;
    this.#listen();
  }

  async close(): Promise<void> {
    if (!this.#ended.signal.aborted) this.#ended.abort();
    await this.#reopening;
    await Promise.all(this.#inFlight);
    // What waits unhandled is refused by the client, and comes to somebody else at once.
    await this.#stream?.close();
    this.#stream?.removeAllListeners();
    this.#parts.onClose(this);
  }

  #listen(): void {
    const { pubsub, options } = this.#parts;
    const seconds = Math.min(600, Math.max(10, (options.leaseMs ?? DEFAULT_LEASE_MS) / 1_000));
    const deadline = Duration.from({ seconds });
    const stream = pubsub.subscription(options.subscription, {
      flowControl: { maxMessages: options.maxInFlight + HELD_ROOM },
      streamingOptions: { maxStreams: 1 },
      minAckDeadline: deadline,
      maxAckDeadline: deadline,
    });
    this.#stream = stream;
    stream.on('message', (received: Received) => {
      this.#failures = 0;
      this.#waiting.push(received);
      this.#pump();
    });
    const broken = (error?: unknown): void => {
      if (this.#stream !== stream || this.#ended.signal.aborted) return;
      this.#stream = undefined;
      this.#waiting.length = 0;
      this.#reopening = this.#reopen(stream, error);
    };
    stream.on('error', broken);
    stream.on('close', broken);
  }

  async #reopen(stream: Stream, error: unknown): Promise<void> {
    const { clock, onTrouble, options, ready } = this.#parts;
    if (error !== undefined)
      onTrouble(
        `the stream of ${options.subscription} broke and is opened again: ${AppError.from(error).message}`,
      );
    await stream.close().catch(() => undefined);
    while (!this.#ended.signal.aborted) {
      this.#failures += 1;
      try {
        await clock.sleep(backoffMs(REOPEN, this.#failures), this.#ended.signal);
        await ready();
        if (!this.#ended.signal.aborted) this.#listen();
        return;
      } catch (again) {
        if (this.#ended.signal.aborted) return;
        onTrouble(`${options.subscription} is not there yet: ${AppError.from(again).message}`);
      }
    }
  }

  #pump(): void {
    while (!this.#ended.signal.aborted && this.#handling < this.#parts.options.maxInFlight) {
      const received = this.#waiting.shift();
      if (!received) return;
      this.#handling += 1;
      this.#track(
        this.#handle(received, () => {
          this.#handling -= 1;
          this.#pump();
        }),
      );
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#inFlight.delete(tracked));
    this.#inFlight.add(tracked);
  }

  /** `done` gives the place to the next as soon as the handler has answered. */
  async #handle(received: Received, done: () => void): Promise<void> {
    const { options } = this.#parts;
    const travel = toTravel(received.attributes, received.id);
    // A real subscription filters; the emulator does not.
    if (travel.only !== undefined && travel.only !== options.subscription) {
      received.ack();
      done();
      return;
    }
    const attempt = travel.attempts + Math.max(1, received.deliveryAttempt);
    const verdict = await this.#verdictOn(received, travel, attempt).finally(done);
    try {
      await this.#settle(received, travel, attempt, verdict);
    } catch (error) {
      // It could not be passed on: it comes again, and is judged again.
      this.#parts.onTrouble(AppError.from(error).message);
      received.nack();
    }
  }

  async #verdictOn(received: Received, travel: Travel, attempt: number): Promise<Verdict> {
    if (attempt > this.#maxAttempts) {
      const reason = `after ${attempt - 1} attempts: its handlers ended without an answer`;
      return { kind: 'dead-letter', reason };
    }
    try {
      const delivery = { messageId: travel.messageId, attempt, signal: this.#ended.signal };
      await this.#parts.handler(this.#letterOf(received), delivery);
      return { kind: 'ack' };
    } catch (error) {
      return verdictOf(error, attempt, this.#maxAttempts);
    }
  }

  #letterOf({ data, attributes }: Received): ReceivedLetter {
    const { subscription } = this.#parts.options;
    return { subscription, body: data.toString('utf8'), attributes };
  }

  async #settle(
    received: Received,
    travel: Travel,
    attempt: number,
    verdict: Verdict,
  ): Promise<void> {
    const { options, setAside } = this.#parts;
    const body = received.data.toString('utf8');
    if (verdict.kind === 'dead-letter') {
      const { subscription } = options;
      const { messageId } = travel;
      await setAside({ messageId, subscription, reason: verdict.reason, body });
    } else if (verdict.kind === 'nack' && !verdict.counted)
      await this.#goRound(this.#letterOf(received), travel, attempt);
    else if (verdict.kind === 'nack') return received.nack();
    received.ack();
  }

  /** Every delivery counts for Pub/Sub, so what must not count travels on as a copy, for this subscription alone. */
  async #goRound(letter: ReceivedLetter, travel: Travel, attempt: number): Promise<void> {
    const { backoff, clock, options, sendAgain } = this.#parts;
    await clock.sleep(backoffMs(backoff, 1), this.#ended.signal).catch(() => undefined);
    await sendAgain(letter, { ...travel, attempts: attempt - 1, only: options.subscription });
  }
}
