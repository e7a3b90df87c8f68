import type { MessageBus, Subscription } from '../../shared/bus/message-bus.ts';
import type { Message, Topic } from '../../shared/contracts/message.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { FunctionHost } from './function-host.ts';

function pushBody(
  message: Message,
  subscription: string,
  messageId: string,
  attempt: number,
): string {
  const data = Buffer.from(JSON.stringify(message)).toString('base64');
  return JSON.stringify({
    subscription,
    deliveryAttempt: attempt,
    message: { data, messageId, attributes: { type: message.type } },
  });
}

/** A push subscription of one machine: what Pub/Sub posts to an event function, posted over loopback with the same body. */
export async function startPushRelay(
  bus: MessageBus,
  topic: Topic,
  subscription: string,
  host: FunctionHost,
  name: string,
): Promise<Subscription> {
  return bus.subscribe({ topic, subscription, maxInFlight: 16 }, async (message, delivery) => {
    const { messageId, attempt, signal } = delivery;
    const body = pushBody(message, subscription, messageId, attempt);
    const status = await host.call(name, body, { topic, signal });
    if (status >= 300)
      throw new AppError('bus_unavailable', `the push to ${name} was answered ${status}`, {
        retryable: true,
      });
  });
}
