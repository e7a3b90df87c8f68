import { Message } from '../contracts/message.ts';
import { messageVerdict } from '../core/error-table.ts';
import { AppError } from '../core/errors.ts';
import type { LetterHandler, MessageHandler } from './message-bus.ts';

/** What becomes of a delivery; the same for every adapter. */
export type Verdict =
  | { readonly kind: 'ack' }
  /** `counted: false`: this attempt does not lead to the dead letters. */
  | { readonly kind: 'nack'; readonly counted: boolean; readonly reason: string }
  | { readonly kind: 'dead-letter'; readonly reason: string };

export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
}

export const DEFAULT_MAX_ATTEMPTS = 5;
export const DEFAULT_LEASE_MS = 15_000;

/** Between half and all of `minMs` doubled per earlier refusal, `maxMs` at most. */
export function backoffMs({ minMs, maxMs }: Backoff, refusals: number): number {
  const full = Math.min(maxMs, minMs * 2 ** Math.min(Math.max(refusals - 1, 0), 40));
  return full * (0.5 + Math.random() / 2);
}

/** Takes bodies for messages: a newer version waits for its reader, anything else that is none is dead. */
export function messagesOnly(handler: MessageHandler): LetterHandler {
  return async ({ body }, delivery) => handler(readMessage(body), delivery);
}

/** Errors: `invalid_message`, `newer_version`. */
function readMessage(body: string): Message {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw new AppError('invalid_message', 'no JSON', { cause: error });
  }
  const parsed = Message.safeParse(value);
  if (parsed.success) return parsed.data;
  const version = (value as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof version === 'number' && version > 1)
    throw new AppError('newer_version', `schemaVersion ${version} is newer than this process`, {
      retryable: true,
    });
  const issue = parsed.error.issues[0];
  const where = issue ? `${issue.path.join('.') || 'body'}: ${issue.message}` : 'body';
  throw new AppError('invalid_message', where);
}

/** What a handler's rejection means; `attempt` counts from 1. */
export function verdictOf(error: unknown, attempt: number, maxAttempts: number): Verdict {
  const known = AppError.is(error);
  const said = error instanceof Error ? error.message : String(error);
  const reason = `${known ? `${error.code}: ` : ''}${said}`.slice(0, 1_000);
  const verdict = known ? messageVerdict(error.code) : 'nack';
  if (verdict === 'ack') return { kind: 'ack' };
  if (verdict === 'dead-letter') return { kind: 'dead-letter', reason };
  if (known && error.code === 'newer_version') return { kind: 'nack', counted: false, reason };
  if (attempt >= maxAttempts) {
    return { kind: 'dead-letter', reason: `after ${attempt} attempts: ${reason}`.slice(0, 1_000) };
  }
  return { kind: 'nack', counted: true, reason };
}
