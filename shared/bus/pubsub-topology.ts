import type { PubSub } from '@google-cloud/pubsub';

import { AppError } from '../core/errors.ts';
import { filterOf } from './pubsub-attributes.ts';
import { isMissing, isThere, pubsubError } from './pubsub-errors.ts';

export interface SubscriptionDeclaration {
  readonly topic: string;
  readonly subscription: string;
  /** Where Pub/Sub posts messages; absent: they are pulled. */
  readonly pushEndpoint?: string;
  /** Pub/Sub takes 10 to 600. */
  readonly ackDeadlineSeconds?: number;
  /** Deliveries after which Pub/Sub itself sets a message aside: 5 to 100. */
  readonly maxDeliveryAttempts?: number;
  readonly minBackoffSeconds?: number;
  readonly maxBackoffSeconds?: number;
}

/** Topic and subscription of what was set aside. */
export const deadLetterOf = (subscription: string): string => `${subscription}-dead`;

const DEFAULTS = { ackDeadlineSeconds: 20, maxDeliveryAttempts: 100 } as const;

/** Topics and subscriptions as they are declared: made (emulator, tests) or looked for (a real project, where Terraform makes them). */
export class PubsubTopology {
  readonly #pubsub: PubSub;

  constructor(pubsub: PubSub) {
    this.#pubsub = pubsub;
  }

  /** Makes what is missing; what is there stays as it is, but for where it pushes to. */
  async ensure(declared: readonly SubscriptionDeclaration[]): Promise<void> {
    const topics = new Set(
      declared.flatMap(({ topic, subscription }) => [topic, deadLetterOf(subscription)]),
    );
    await Promise.all([...topics].map((topic) => this.ensureTopic(topic)));
    await Promise.all(
      declared.map(async (each) => {
        const dead = deadLetterOf(each.subscription);
        await this.#ensureSubscription({ topic: dead, subscription: dead }, undefined);
        await this.#ensureSubscription(each, dead);
      }),
    );
  }

  /** One line for each thing that is not there, or is not as declared. */
  async findMissing(declared: readonly SubscriptionDeclaration[]): Promise<readonly string[]> {
    const found = await Promise.all(declared.map((each) => this.#missingOf(each)));
    return [...new Set(found.flat())];
  }

  /** Errors: `invalid_config` when the subscription is of another topic, or is not there. */
  async assertTopic(subscription: string, topic: string): Promise<void> {
    try {
      const [{ topic: actual }] = await this.#pubsub.subscription(subscription).getMetadata();
      const name = actual?.split('/').at(-1) ?? '';
      if (name === topic) return;
      throw new AppError(
        'invalid_config',
        `the subscription ${subscription} belongs to the topic ${name}, not ${topic}`,
      );
    } catch (error) {
      throw pubsubError(error, `the subscription ${subscription}`);
    }
  }

  async #missingOf(each: SubscriptionDeclaration): Promise<readonly string[]> {
    const dead = deadLetterOf(each.subscription);
    const lines: string[] = [];
    for (const topic of [each.topic, dead])
      if (!(await this.#topicExists(topic))) lines.push(`topic ${topic}`);
    if (!(await this.#metadataOf(dead))) lines.push(`subscription ${dead} of topic ${dead}`);
    const metadata = await this.#metadataOf(each.subscription);
    if (!metadata) lines.push(`subscription ${each.subscription} of topic ${each.topic}`);
    else if (!metadata.deadLetterPolicy?.deadLetterTopic?.endsWith(`/${dead}`))
      lines.push(`dead letter policy of subscription ${each.subscription} to topic ${dead}`);
    return lines;
  }

  async #topicExists(name: string): Promise<boolean> {
    try {
      await this.#pubsub.topic(name).getMetadata();
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw pubsubError(error, `looking for the topic ${name}`);
    }
  }

  async #metadataOf(name: string) {
    try {
      const [metadata] = await this.#pubsub.subscription(name).getMetadata();
      return metadata;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw pubsubError(error, `looking for the subscription ${name}`);
    }
  }

  async ensureTopic(name: string): Promise<void> {
    try {
      await this.#pubsub.createTopic(name);
    } catch (error) {
      if (!isThere(error)) throw pubsubError(error, `making the topic ${name}`);
    }
  }

  async #ensureSubscription(
    each: SubscriptionDeclaration,
    deadLetter: string | undefined,
  ): Promise<void> {
    const { topic, subscription, pushEndpoint, minBackoffSeconds, maxBackoffSeconds } = each;
    try {
      await this.#pubsub.createSubscription(topic, subscription, {
        ackDeadlineSeconds: each.ackDeadlineSeconds ?? DEFAULTS.ackDeadlineSeconds,
        ...(pushEndpoint !== undefined && { pushConfig: { pushEndpoint } }),
        ...(deadLetter !== undefined && {
          filter: filterOf(subscription),
          deadLetterPolicy: {
            deadLetterTopic: `projects/${this.#pubsub.projectId}/topics/${deadLetter}`,
            maxDeliveryAttempts: each.maxDeliveryAttempts ?? DEFAULTS.maxDeliveryAttempts,
          },
        }),
        ...(minBackoffSeconds !== undefined && {
          retryPolicy: {
            minimumBackoff: { seconds: minBackoffSeconds },
            maximumBackoff: { seconds: maxBackoffSeconds ?? 600 },
          },
        }),
      });
    } catch (error) {
      if (!isThere(error)) throw pubsubError(error, `making the subscription ${subscription}`);
      if (pushEndpoint !== undefined)
        await this.#pubsub.subscription(subscription).modifyPushConfig({ pushEndpoint });
    }
  }
}
