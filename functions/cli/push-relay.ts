import { randomBytes } from 'node:crypto';
import { createServer, request as httpRequest, type Server } from 'node:http';

import type { MessageBus, Subscription } from '../../shared/bus/message-bus.ts';
import type { Message, Topic } from '../../shared/contracts/message.ts';
import { AppError } from '../../shared/core/errors.ts';
import { closeServer, listen } from './front-server.ts';

/** A push subscription of one machine: what Pub/Sub posts to an event function, posted over loopback with the same body. */
export interface PushRelay {
  close(): Promise<void>;
}

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

async function post(
  port: number,
  path: string,
  body: string,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      {
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        signal,
      },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 500));
        response.once('error', reject);
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

export async function startPushRelay(
  bus: MessageBus,
  topic: Topic,
  subscription: string,
  target: Server,
): Promise<PushRelay> {
  // Only this process knows the path, so nothing else on the machine can push; its end is what the framework reads the topic from.
  const path = `/${randomBytes(16).toString('hex')}/projects/local/topics/${topic}`;
  const server = createServer((request, response) => {
    if (request.url === path) target.emit('request', request, response);
    else response.writeHead(404).end();
  });
  server.requestTimeout = 0;
  const port = await listen(server, '127.0.0.1', 0);
  const subscribed: Subscription = await bus.subscribe(
    { topic, subscription, maxInFlight: 16 },
    async (message, delivery) => {
      const status = await post(
        port,
        path,
        pushBody(message, subscription, delivery.messageId, delivery.attempt),
        delivery.signal,
      );
      if (status >= 300)
        throw new AppError(
          'bus_unavailable',
          `the push to ${subscription} was answered ${status}`,
          { retryable: true },
        );
    },
  );
  return {
    close: async () => {
      await subscribed.close();
      await closeServer(server);
    },
  };
}
