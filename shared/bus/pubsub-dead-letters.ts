import type { PubSub } from '@google-cloud/pubsub';
import { v1 } from '@google-cloud/pubsub';

import type { DeadLetter } from './message-bus.ts';
import { REASON, toAttributes, toTravel } from './pubsub-attributes.ts';
import { isMissing, pubsubError } from './pubsub-errors.ts';
import { deadLetterOf } from './pubsub-topology.ts';

const PAGE = 1_000;
const SOURCE_COUNT = 'CloudPubSubDeadLetterSourceDeliveryCount';

/** Publishes to the subscription's dead letters, with the reason; durable before it resolves. */
export async function setAside(pubsub: PubSub, letter: DeadLetter): Promise<void> {
  const { messageId, subscription, reason, body } = letter;
  const travel = { messageId, attempts: 0, only: undefined };
  const topic = pubsub.topic(deadLetterOf(subscription), { batching: { maxMessages: 1 } });
  try {
    await topic.publishMessage({
      data: Buffer.from(body),
      attributes: { ...toAttributes(travel, { type: 'dead-letter' }), [REASON]: reason },
    });
  } catch (error) {
    throw pubsubError(error, `setting a message of ${subscription} aside`);
  }
}

/** Reads without taking: what is pulled is given back at once. Two readers at the same time may each see a part. */
export async function peekDeadLetters(
  pubsub: PubSub,
  subscription: string,
): Promise<readonly DeadLetter[]> {
  const name = deadLetterOf(subscription);
  const config = await pubsub.getClientConfig();
  const client = new v1.SubscriberClient({ ...config });
  const path = `projects/${pubsub.projectId}/subscriptions/${name}`;
  const letters = new Map<string, DeadLetter>();
  const ackIds: string[] = [];
  try {
    for (;;) {
      const [{ receivedMessages }] = await client.pull({
        subscription: path,
        maxMessages: PAGE,
        returnImmediately: true,
      });
      for (const { ackId, message } of receivedMessages ?? []) {
        ackIds.push(ackId ?? '');
        const attributes = message?.attributes ?? {};
        const { messageId } = toTravel(attributes, message?.messageId ?? '');
        const body = Buffer.from((message?.data as Uint8Array | undefined) ?? []).toString('utf8');
        const count = attributes[SOURCE_COUNT] ?? 'its last';
        const reason = attributes[REASON] ?? `after ${count} deliveries without an answer`;
        letters.set(messageId, { messageId, subscription, reason, body });
      }
      if (!receivedMessages || receivedMessages.length === 0) break;
    }
    return [...letters.values()];
  } catch (error) {
    // Nobody ever named it, so nothing of it was set aside.
    if (isMissing(error)) return [];
    throw pubsubError(error, `reading ${name}`);
  } finally {
    if (ackIds.length > 0)
      await client
        .modifyAckDeadline({ subscription: path, ackIds, ackDeadlineSeconds: 0 })
        // They come back by themselves when the deadline is over.
        .catch(() => undefined);
    await client.close();
  }
}
