import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Message } from '../contracts/message.ts';
import { TOPIC_OF } from '../contracts/message.ts';
import { machineClock } from '../core/machine-clock.ts';
import { backoffMs, verdictOf } from './delivery-rules.ts';
import { openEmbeddedMessageBus } from './embedded-message-bus.ts';
import { recorder, step, stepsTo, WELL_KNOWN } from './message-bus-harness.contract.ts';

describe('the file of the embedded message bus', () => {
  let dir: string;
  const file = () => join(dir, 'deep', 'bus.db');
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rodex-bus-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('is for this user alone', async () => {
    await openEmbeddedMessageBus({ file: file() }).close();
    expect((await stat(file())).mode & 0o777).toBe(0o600);
  });

  it('is refused when it is damaged, naming the file', async () => {
    await openEmbeddedMessageBus({ file: file() }).close();
    await writeFile(file(), 'x'.repeat(8_192));
    expect(() => openEmbeddedMessageBus({ file: file() })).toThrow(
      expect.objectContaining({ code: 'store_corrupt', message: expect.stringContaining(file()) }),
    );
  });

  it('frees what was leased before the machine was started anew', async () => {
    const clockOf = (now: number) => ({ ...machineClock, monotonicMs: () => now });
    const before = openEmbeddedMessageBus({
      file: file(),
      subscriptions: WELL_KNOWN,
      clock: clockOf(9_000_000),
      bootId: 'one',
    });
    await before.publish(step(1));
    const taken = recorder(() => new Promise(() => undefined));
    await before.subscribe(stepsTo('executor'), taken.handler);
    await Promise.resolve();
    expect(taken.got).toHaveLength(1);
    // The old process never answers and is not closed; the new clock begins near zero.
    const after = openEmbeddedMessageBus({ file: file(), clock: clockOf(5), bootId: 'two' });
    const ear = recorder();
    await after.subscribe(stepsTo('executor'), ear.handler);
    await ear.until(() => ear.got.length > 0);
    expect(ear.got[0]?.delivery.attempt).toBe(2);
    await after.close();
  });

  it('refuses a message of no topic', async () => {
    const bus = openEmbeddedMessageBus({ file: file() });
    const odd = { ...step(1), type: 'no.such' } as unknown as Message;
    await expect(bus.publish(odd)).rejects.toMatchObject({ code: 'invalid_message' });
    expect(TOPIC_OF['step.ready']).toBe('rodex-steps');
    await bus.close();
  });
});

describe('delivery rules', () => {
  it('wait longer with each refusal, within bounds, never all at the same moment', () => {
    const backoff = { minMs: 100, maxMs: 1_000 };
    for (const [refusals, full] of [
      [1, 100],
      [2, 200],
      [4, 800],
      [5, 1_000],
      [5_000, 1_000],
    ] as const) {
      const waits = Array.from({ length: 50 }, () => backoffMs(backoff, refusals));
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(full / 2);
      expect(Math.max(...waits)).toBeLessThanOrEqual(full);
      expect(new Set(waits).size).toBeGreaterThan(1);
    }
  });

  it('take what is no error of the platform for a refusal', () => {
    for (const thrown of [undefined, 'text', new Error('x'), { code: 'invalid_message' }]) {
      expect(verdictOf(thrown, 1, 5).kind).toBe('nack');
      expect(verdictOf(thrown, 5, 5).kind).toBe('dead-letter');
    }
  });
});
