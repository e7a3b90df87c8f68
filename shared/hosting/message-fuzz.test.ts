import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Message } from '../contracts/message.ts';
import { AppError } from '../core/errors.ts';
import { messagesOnly } from '../bus/delivery-rules.ts';
import { readPush } from './push-envelope.ts';

const seed = Math.trunc(Math.random() * 2 ** 31);
const good = {
  type: 'run.ready',
  schemaVersion: 1,
  tenantId: 'acme',
  runId: 'run_0123456789abcdefghjk',
};
const field = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    '../globex',
    'acme/runs',
    'run_0',
    0,
    2,
    1.5,
    'plan.requested',
    null,
    '__proto__',
  ),
);
/** Messages of which some fields are others, and anything else. */
const body = fc.oneof(
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }).map((each) => JSON.stringify(each)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 100 }) },
  {
    weight: 4,
    arbitrary: fc
      .dictionary(fc.constantFrom('type', 'schemaVersion', 'tenantId', 'runId', 'more'), field, {
        maxKeys: 2,
      })
      .map((over) => JSON.stringify({ ...good, ...over })),
  },
);

describe(`messages that somebody made up (seed ${seed})`, () => {
  it('reach a handler only as what the contract says; the rest has a code, and names nobody else', async () => {
    let taken = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        const handler = messagesOnly(async (message) => {
          taken += 1;
          expect(Message.parse(message)).toEqual(message);
          expect(JSON.parse(text)).toEqual(message);
          expect(message.tenantId).not.toMatch(/[/.]/);
        });
        const delivery = { messageId: '1', attempt: 1, signal: new AbortController().signal };
        try {
          await handler({ subscription: 's', body: text, attributes: {} }, delivery);
        } catch (error) {
          if (!AppError.is(error)) throw error;
          refused += 1;
          expect(['invalid_message', 'newer_version']).toContain(error.code);
        }
      }),
      { seed, numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(200);
  });

  it('are read from any push, or refused with a code', () => {
    const pushed = fc.oneof(
      fc.jsonValue({ maxDepth: 4 }),
      body.map((text) => ({
        subscription: 'projects/p/subscriptions/s',
        message: { data: Buffer.from(text).toString('base64'), messageId: '1' },
      })),
    );
    let read = 0;
    fc.assert(
      fc.property(
        pushed,
        fc.dictionary(fc.constantFrom('ce-type', 'ce-id', 'content-type'), fc.string()),
        (given, headers) => {
          try {
            const { attempt, body: text } = readPush(headers, given);
            read += 1;
            expect(attempt).toBeGreaterThanOrEqual(1);
            expect(typeof text).toBe('string');
          } catch (error) {
            expect(AppError.is(error) && error.code).toBe('invalid_message');
          }
        },
      ),
      { seed, numRuns: 2_000 },
    );
    expect(read).toBeGreaterThan(100);
  });
});
