import type { MessageBus, ReceivedLetter, Subscription } from '../../shared/bus/message-bus.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { FunctionHost } from './function-host.ts';

function pushBody(letter: ReceivedLetter, messageId: string, attempt: number): string {
  const { body, attributes, subscription } = letter;
  const data = Buffer.from(body).toString('base64');
  return JSON.stringify({
    subscription,
    deliveryAttempt: attempt,
    message: { data, messageId, attributes },
  });
}

/** A push subscription of one machine: what Pub/Sub posts to an event function, posted over loopback with the same body. */
export async function startPushRelay(
  bus: MessageBus,
  topic: string,
  subscription: string,
  host: FunctionHost,
  name: string,
): Promise<Subscription> {
  return bus.receive({ topic, subscription, maxInFlight: 16 }, async (letter, delivery) => {
    const { messageId, attempt, signal } = delivery;
    const body = pushBody(letter, messageId, attempt);
    const { status, code } = await host.call(name, body, { topic, signal });
    if (code === 'newer_version')
      throw new AppError(code, `${name} leaves the message to a newer version`, {
        retryable: true,
      });
    if (status >= 300)
      throw new AppError('bus_unavailable', `the push to ${name} was answered ${status}`, {
        retryable: true,
      });
  });
}
