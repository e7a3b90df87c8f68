import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Message } from '../contracts/message.ts';
import { AppError } from '../core/errors.ts';
import type { MessageBus } from './message-bus.ts';
import type { MessageBusHarness } from './message-bus-harness.contract.ts';
import { eventually, ids, recorder, step, stepsTo } from './message-bus-harness.contract.ts';

/** Every adapter of the message bus behaves like this. */
export function messageBusContract(
  name: string,
  newHarness: () => Promise<MessageBusHarness>,
  { load = 10_000 }: { load?: number } = {},
): void {
  describe(`${name}: message bus contract`, () => {
    let harness: MessageBusHarness;
    let bus: MessageBus;
    let opened: MessageBus[];
    const open = async (): Promise<MessageBus> => {
      const next = await harness.open();
      opened.push(next);
      return next;
    };
    beforeEach(async () => {
      opened = [];
      harness = await newHarness();
      bus = await open();
    });
    afterEach(async () => {
      await Promise.all(opened.map((each) => each.close()));
      await harness.dispose();
    });
    const stepIds = (got: readonly { message: Message }[]) =>
      got.map(({ message }) => ('stepId' in message ? message.stepId : '')).toSorted();
    /** Proves that nothing more is to come: what is published last was handled, and is the only thing. */
    const nothingLeft = async (through: MessageBus, subscription: string): Promise<void> => {
      const last = recorder();
      const ended = await through.subscribe(stepsTo(subscription, 1), last.handler);
      await through.publish(step(99));
      await last.until(() => stepIds(last.got).includes('1-99'));
      await ended.close();
      expect(stepIds(last.got)).toEqual(['1-99']);
    };

    it('brings a message to each subscription of its topic, whole, with attempt 1', async () => {
      const [one, two, other] = [recorder(), recorder(), recorder()];
      await bus.subscribe(stepsTo('executor'), one.handler);
      await bus.subscribe(stepsTo('second'), two.handler);
      await bus.subscribe({ ...stepsTo('planner'), topic: 'rodex-plan' }, other.handler);
      const messageId = await bus.publish(step(1));
      await bus.publish({ type: 'plan.requested', ...ids, planEpoch: 1 });
      await one.until(() => one.got.length === 1);
      await two.until(() => two.got.length === 1);
      await other.until(() => other.got.length === 1);
      expect(one.got[0]).toMatchObject({ message: step(1), delivery: { messageId, attempt: 1 } });
      expect(other.got[0]?.message.type).toBe('plan.requested');
    });

    it('keeps what is published before anybody subscribes, and across a restart', async () => {
      await bus.publish(step(1));
      await bus.close();
      bus = await open();
      await bus.publish(step(2));
      const ear = recorder();
      await bus.subscribe(stepsTo('executor'), ear.handler);
      await ear.until(() => ear.got.length >= 2);
      expect(stepIds(ear.got)).toEqual(['1-1', '1-2']);
    });

    it('remembers a subscription from the first time that it is named', async () => {
      const subscription = await bus.subscribe(stepsTo('late'), recorder().handler);
      await subscription.close();
      await bus.publish(step(1));
      const ear = recorder();
      await bus.subscribe(stepsTo('late'), ear.handler);
      await ear.until(() => ear.got.length === 1);
    });

    it('does not bring an acknowledged message again', async () => {
      const ear = recorder();
      const subscription = await bus.subscribe(stepsTo('executor'), ear.handler);
      await bus.publish(step(1));
      await ear.until(() => ear.got.length === 1);
      await subscription.close();
      await bus.close();
      bus = await open();
      await nothingLeft(bus, 'executor');
    });

    it('shares messages among subscribers of one subscription, also of another process', async () => {
      const rival = await open();
      const got: string[] = [];
      const ear = recorder(async (message) => {
        got.push('stepId' in message ? message.stepId : '');
      });
      await bus.subscribe(stepsTo('executor', 2), ear.handler);
      await rival.subscribe(stepsTo('executor', 2), ear.handler);
      const sent = Array.from({ length: 200 }, (_, n) => step(n));
      await Promise.all(sent.map((message, n) => (n % 2 ? bus : rival).publish(message)));
      await ear.until(() => new Set(got).size === 200);
      expect(new Set(got).size).toBe(200);
    });

    it('wakes a subscriber when another process publishes', async () => {
      const ear = recorder();
      await bus.subscribe(stepsTo('executor'), ear.handler);
      const elsewhere = await open();
      await elsewhere.publish(step(7));
      await ear.until(() => ear.got.length === 1);
      expect(stepIds(ear.got)).toEqual(['1-7']);
    });

    it('brings a refused message again, counting, until it is taken', async () => {
      const ear = recorder(async (_, { attempt }) => {
        if (attempt === 1) throw new Error('any other error');
        if (attempt === 2) throw new AppError('store_unavailable', 'later');
      });
      await bus.subscribe(stepsTo('executor'), ear.handler);
      await bus.publish(step(1));
      await ear.until(() => ear.got.length === 3);
      expect(ear.got.map(({ delivery }) => delivery.attempt)).toEqual([1, 2, 3]);
      expect(new Set(ear.got.map(({ delivery }) => delivery.messageId)).size).toBe(1);
      expect(await bus.deadLetters('executor')).toEqual([]);
    });

    it('sets a message aside after its last attempt, with the reason, and goes on with the others', async () => {
      const ear = recorder(async (message) => {
        if ('stepId' in message && message.stepId === '1-1') throw new Error('poison');
      });
      await bus.subscribe({ ...stepsTo('executor', 1), maxAttempts: 3 }, ear.handler);
      const messageId = await bus.publish(step(1));
      await bus.publish(step(2));
      const letters = await eventually(
        () => bus.deadLetters('executor'),
        (found) => found.length > 0,
      );
      await ear.until(() => stepIds(ear.got).includes('1-2'));
      expect(letters).toEqual([
        {
          messageId,
          subscription: 'executor',
          reason: expect.stringMatching(/3 attempts.*poison/) as string,
          body: JSON.stringify(step(1)),
        },
      ]);
      expect(stepIds(ear.got).filter((id) => id === '1-1')).toHaveLength(3);
      expect(await bus.deadLetters('planner')).toEqual([]);
    });

    it('gives up after five attempts unless told otherwise', async () => {
      const ear = recorder(() => Promise.reject(new Error('never')));
      await bus.subscribe(stepsTo('executor'), ear.handler);
      await bus.publish(step(1));
      await eventually(
        () => bus.deadLetters('executor'),
        (found) => found.length > 0,
      );
      expect(ear.got).toHaveLength(5);
    });

    it('sets aside at once what the error table calls hopeless, and takes what it calls settled', async () => {
      const ear = recorder(async (message) => {
        const first = 'stepId' in message && message.stepId === '1-1';
        throw new AppError(first ? 'invalid_message' : 'run_cancelled', 'no use');
      });
      await bus.subscribe(stepsTo('executor'), ear.handler);
      const hopeless = await bus.publish(step(1));
      await bus.publish(step(2));
      const letters = await eventually(
        () => bus.deadLetters('executor'),
        (found) => found.length > 0,
      );
      await ear.until(() => ear.got.length === 2);
      expect(letters.map(({ messageId }) => messageId)).toEqual([hopeless]);
      expect(letters[0]?.reason).toContain('invalid_message');
    });

    it('sets aside what it is told to, for one subscription', async () => {
      await (await bus.subscribe(stepsTo('executor'), recorder().handler)).close();
      const letter = { messageId: 'm1', subscription: 'executor', reason: 'no use', body: '{' };
      await bus.setAside(letter);
      const there = (found: readonly unknown[]) => found.length > 0;
      expect(await eventually(() => bus.deadLetters('executor'), there)).toEqual([letter]);
      expect(await bus.deadLetters('planner')).toEqual([]);
    });

    it('sets a body that breaks the contract aside without showing it to a handler', async () => {
      const ear = recorder();
      await bus.subscribe(stepsTo('executor', 1), ear.handler);
      const bad = [
        { ...step(1), stepId: 5 },
        { ...step(1), surprise: true },
        { ...step(1), tenantId: '../x' },
        { ...step(1), schemaVersion: '2' },
      ];
      for (const body of bad) await bus.publish(body as unknown as Message);
      await bus.publish(step(2));
      await ear.until(() => ear.got.length > 0);
      expect(stepIds(ear.got)).toEqual(['1-2']);
      const letters = await eventually(
        () => bus.deadLetters('executor'),
        (found) => found.length === bad.length,
      );
      for (const { reason } of letters) expect(reason).toMatch(/^invalid_message: \w/);
    });

    it('leaves a message of a newer version waiting, past any number of attempts', async () => {
      const newer = { ...step(1), schemaVersion: 2 } as unknown as Message;
      const ear = recorder(async (message, { attempt }) => {
        if ('stepId' in message && message.stepId === '1-2' && ear.got.length < 8) {
          expect(attempt).toBe(1);
          throw new AppError('newer_version', 'its run is newer than this process');
        }
      });
      const options = { ...stepsTo('executor', 1), maxAttempts: 2 };
      await bus.subscribe(options, ear.handler);
      await bus.publish(newer);
      await bus.publish(step(2));
      await ear.until(() => ear.got.length === 8);
      expect(await bus.deadLetters('executor')).toEqual([]);
      expect(stepIds(ear.got)).toEqual(Array(8).fill('1-2'));
    });

    it('never handles more at once than it may, and reaches that', async () => {
      let now = 0;
      let most = 0;
      const gate = Promise.withResolvers<void>();
      const ear = recorder(async () => {
        now += 1;
        most = Math.max(most, now);
        if (now === 4) gate.resolve();
        await gate.promise;
        await new Promise(setImmediate);
        now -= 1;
      });
      await bus.subscribe(stepsTo('executor', 4), ear.handler);
      await Promise.all(Array.from({ length: 100 }, (_, n) => bus.publish(step(n))));
      await ear.until(() => new Set(stepIds(ear.got)).size === 100);
      expect(most).toBe(4);
    });

    it('waits at close for the handlers in flight, tells them, and takes no more', async () => {
      const started = Promise.withResolvers<void>();
      const finish = Promise.withResolvers<void>();
      let done = false;
      const ear = recorder(async (_, { signal }) => {
        started.resolve();
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve());
        });
        await finish.promise;
        done = true;
      });
      await bus.subscribe(stepsTo('executor', 1), ear.handler);
      await bus.publish(step(1));
      await bus.publish(step(2));
      await started.promise;
      const closing = bus.close().then(() => done);
      await new Promise(setImmediate);
      expect(done).toBe(false);
      finish.resolve();
      expect(await closing).toBe(true);
      expect(stepIds(ear.got)).toEqual(['1-1']);
      const after = await open();
      const next = recorder();
      await after.subscribe(stepsTo('executor'), next.handler);
      await next.until(() => next.got.length > 0);
      expect(stepIds(next.got)).toEqual(['1-2']);
    });

    it('refuses work once closed, and a subscription under another topic', async () => {
      await bus.subscribe(stepsTo('executor'), recorder().handler);
      await expect(
        bus.subscribe({ ...stepsTo('executor'), topic: 'rodex-plan' }, recorder().handler),
      ).rejects.toMatchObject({ code: 'invalid_config' });
      await bus.close();
      const unavailable = { code: 'bus_unavailable' };
      await expect(bus.publish(step(1))).rejects.toMatchObject(unavailable);
      await expect(bus.subscribe(stepsTo('executor'), recorder().handler)).rejects.toMatchObject(
        unavailable,
      );
    });

    it(`brings ${load} messages, none lost`, { timeout: 120_000 }, async () => {
      const seen = new Set<string>();
      const ear = recorder(async (_, { messageId }) => {
        seen.add(messageId);
      });
      await bus.subscribe(stepsTo('executor', 50), ear.handler);
      const sent: string[] = [];
      for (let from = 0; from < load; from += 500) {
        const batch = Array.from({ length: Math.min(500, load - from) }, (_, n) => from + n);
        sent.push(...(await Promise.all(batch.map((n) => bus.publish(step(n))))));
      }
      await ear.until(() => seen.size === load);
      expect(sent.filter((id) => !seen.has(id))).toEqual([]);
    });
  });
}
