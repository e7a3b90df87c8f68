import type { CloudEvent } from '@google-cloud/functions-framework';
import { z } from 'zod';

import { Message } from '../../shared/contracts/message.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Planner } from './planner.ts';

const MessagePublished = z.looseObject({ message: z.looseObject({ data: z.string() }) });

function readMessage(data: unknown): Message {
  const published = MessagePublished.safeParse(data);
  if (!published.success)
    throw new AppError(
      'invalid_message',
      'Not a messagePublished event: message.data (base64) is missing.',
    );
  let body: unknown;
  try {
    body = JSON.parse(Buffer.from(published.data.message.data, 'base64').toString('utf8'));
  } catch (error) {
    throw new AppError('invalid_message', 'The message is not JSON.', { cause: error });
  }
  const version = (body as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof version === 'number' && version > 1)
    throw new AppError(
      'newer_version',
      `The message has schemaVersion ${version}; this release reads 1.`,
      { retryable: true },
    );
  const message = Message.safeParse(body);
  if (!message.success)
    throw new AppError(
      'invalid_message',
      `The message does not fit the contract: ${z.prettifyError(message.error)}`,
    );
  return message.data;
}

/** A CloudEvent handler of functions-framework, to be registered as `planner`. Throwing makes the push be tried again. */
export function createPlannerFunction(
  planner: Planner,
  signal: AbortSignal = new AbortController().signal,
): (event: CloudEvent<unknown>) => Promise<void> {
  return async (event) => {
    const message = readMessage(event.data);
    if (message.type !== 'plan.requested') return;
    await planner.handle(message, signal);
  };
}
