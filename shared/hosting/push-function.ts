import type { Request, Response } from 'express';

import { DEFAULT_MAX_ATTEMPTS, verdictOf } from '../bus/delivery-rules.ts';
import type { LetterHandler, MessageBus } from '../bus/message-bus.ts';
import { httpStatus } from '../core/error-table.ts';
import { AppError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { VerifyPush } from './push-identity.ts';
import { readPush, type Pushed } from './push-envelope.ts';

export interface PushFunctionOptions {
  readonly bus: Pick<MessageBus, 'setAside'>;
  readonly log: Logger;
  /** Absent: whoever reaches the function is believed (loopback, emulators). */
  readonly verify?: VerifyPush | undefined;
  readonly signal: AbortSignal;
}

/** Tells who pushes why a message was not taken: one of a newer version waits, whatever else is counted. */
export const CODE_HEADER = 'rodex-code';

export type HttpHandler = (request: Request, response: Response) => Promise<void>;

/** Behind a front that reads the body itself, it is there as bytes only. */
function bodyOf(request: Request): unknown {
  const { rawBody } = request as { rawBody?: Buffer };
  const body: unknown = request.body;
  if (body !== undefined || rawBody === undefined) return body;
  try {
    return JSON.parse(rawBody.toString('utf8'));
  } catch (error) {
    throw new AppError('invalid_message', 'the body of the push is not JSON', { cause: error });
  }
}

/** Lets a handler be called only by who may push. */
export function guarded(verify: VerifyPush | undefined, handler: HttpHandler): HttpHandler {
  return async (request, response) => {
    try {
      await verify?.(request.get('authorization'));
    } catch (error) {
      return refuse(response, error);
    }
    await handler(request, response);
  };
}

function refuse(response: Response, error: unknown): void {
  const { code, message } = AppError.from(error);
  const status = httpStatus(code);
  response.status(status).set(CODE_HEADER, code).type('application/problem+json');
  response.send(JSON.stringify({ status, code, detail: message }));
}

/**
 * The HTTP side of a push subscription. 204 settles a message, anything else makes Pub/Sub bring it again; what can never be handled is set
 * aside with its reason, and settled. Handlers answer as those of a pulled subscription do; `messagesOnly` makes one of a message handler.
 */
export function createPushFunction(
  options: PushFunctionOptions,
  handler: LetterHandler,
): HttpHandler {
  const { bus, log, verify, signal } = options;
  return async (request, response) => {
    try {
      await verify?.(request.get('authorization'));
      const pushed = readPush(request.headers, bodyOf(request));
      if (!pushed.forAnother) await settle(pushed);
      response.status(204).end();
    } catch (error) {
      const { code, message } = AppError.from(error);
      log.warn('a push was not taken', { code, error: message });
      refuse(response, error);
    }
  };

  /** Rejects when Pub/Sub is to bring the message again. */
  async function settle(pushed: Pushed): Promise<void> {
    const { messageId, attempt, subscription, body, attributes } = pushed;
    const aside = async (reason: string): Promise<void> => {
      log.warn('a message was set aside', { messageId, subscription, reason });
      await bus.setAside({ messageId, subscription, reason, body });
    };
    try {
      await handler({ subscription, body, attributes }, { messageId, attempt, signal });
    } catch (error) {
      const verdict = verdictOf(error, attempt, DEFAULT_MAX_ATTEMPTS);
      if (verdict.kind === 'ack') return;
      if (verdict.kind === 'dead-letter') return aside(verdict.reason);
      throw error;
    }
  }
}
