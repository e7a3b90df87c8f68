import type { IncomingHttpHeaders } from 'node:http';

import { z } from 'zod';

import { AppError } from '../core/errors.ts';
import { toTravel } from '../bus/pubsub-attributes.ts';

export interface Pushed {
  readonly body: string;
  readonly messageId: string;
  /** From 1. */
  readonly attempt: number;
  /** The subscription's own name, without its project. */
  readonly subscription: string;
  /** The message is a copy for another subscription. */
  readonly forAnother: boolean;
  readonly attributes: Readonly<Record<string, string>>;
}

const PUBLISHED = 'google.cloud.pubsub.topic.v1.messagePublished';

const Envelope = z.looseObject({
  subscription: z.string().default(''),
  deliveryAttempt: z.int().min(1).optional(),
  message: z.looseObject({
    data: z.base64().default(''),
    attributes: z.record(z.string(), z.string()).nullish(),
    messageId: z.string().optional(),
    message_id: z.string().optional(),
  }),
});

/**
 * What Pub/Sub posts, in each of its forms: a push body; a CloudEvent whose attributes are `ce-*` headers (Eventarc) and whose body is the
 * same; a CloudEvent in one JSON document. Errors: `invalid_message`.
 */
export function readPush(headers: IncomingHttpHeaders, body: unknown): Pushed {
  const event = cloudEventOf(headers, body);
  if (event.type !== undefined && event.type !== PUBLISHED)
    throw new AppError(
      'invalid_message',
      `a CloudEvent of type "${event.type.slice(0, 100)}" is not taken here; ${PUBLISHED} is`,
    );
  const parsed = Envelope.safeParse(event.data);
  if (!parsed.success)
    throw new AppError(
      'invalid_message',
      `not a push of Pub/Sub: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}; it needs {"subscription":…,"message":{"data":BASE64,…}}`,
    );
  const { message, subscription, deliveryAttempt } = parsed.data;
  const attributes = message.attributes ?? {};
  const id = message.messageId ?? message.message_id ?? event.id ?? '';
  const travel = toTravel(attributes, id);
  const name = subscription.split('/').at(-1) ?? '';
  return {
    body: Buffer.from(message.data, 'base64').toString('utf8'),
    messageId: travel.messageId,
    attempt: travel.attempts + (deliveryAttempt ?? 1),
    subscription: name,
    forAnother: travel.only !== undefined && travel.only !== name,
    attributes,
  };
}

function cloudEventOf(
  headers: IncomingHttpHeaders,
  body: unknown,
): { type?: string; id?: string; data: unknown } {
  const header = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  const type = header('ce-type');
  const id = header('ce-id');
  if (type !== undefined) return { type, ...(id !== undefined && { id }), data: body };
  if (header('content-type')?.startsWith('application/cloudevents+json')) {
    const structured = z
      .looseObject({ type: z.string(), id: z.string(), data: z.unknown() })
      .safeParse(body);
    if (!structured.success)
      throw new AppError('invalid_message', 'a CloudEvent needs specversion, id, type and data');
    return structured.data;
  }
  return { data: body };
}
