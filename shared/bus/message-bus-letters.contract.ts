import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { AppError } from '../core/errors.ts';
import type { MessageBus, ReceivedLetter } from './message-bus.ts';
import {
  eventually,
  recorder,
  step,
  stepsTo,
  type MessageBusHarness,
} from './message-bus-harness.contract.ts';

const LETTER = { topic: 'rodex-runs-acme', body: '{"goal":"ü"}', attributes: { key: 'a b "ü"' } };
const TO = { topic: 'rodex-runs-acme', subscription: 'rodex-runs-acme', maxInFlight: 4 };

/** What crosses the border travels like messages do, but as it came. */
export function messageBusLettersContract(
  name: string,
  newHarness: () => Promise<MessageBusHarness>,
): void {
  describe(`${name}: letters`, () => {
    let harness: MessageBusHarness;
    let bus: MessageBus;
    beforeEach(async () => {
      harness = await newHarness();
      bus = await harness.open();
    });
    afterEach(async () => {
      await bus.close();
      await harness.dispose();
    });
    /** Notes letters as they come; `got` waits for so many of them. */
    const listen = async (
      answer: (attempt: number) => Promise<void> = async () => undefined,
    ): Promise<(count: number) => Promise<readonly ReceivedLetter[]>> => {
      const letters: ReceivedLetter[] = [];
      await bus.receive(TO, async (letter, { attempt }) => {
        letters.push(letter);
        await answer(attempt);
      });
      return async (count) =>
        eventually(
          async () => letters,
          (all) => all.length >= count,
        );
    };

    it('brings a body and its attributes as they were sent, and says from which subscription', async () => {
      const got = await listen();
      expect(await bus.send(LETTER)).toMatch(/./);
      const [letter] = await got(1);
      const { body, attributes } = LETTER;
      expect(letter).toMatchObject({ subscription: TO.subscription, body, attributes });
    });

    it('keeps letters to a subscription that was named, across a restart', async () => {
      await (await bus.receive(TO, async () => undefined)).close();
      await bus.send(LETTER);
      await bus.close();
      bus = await harness.open();
      const got = await listen();
      expect((await got(1))[0]).toMatchObject({ attributes: LETTER.attributes });
    });

    it('takes a body that is no message of ours, which a subscription for messages sets aside', async () => {
      const ear = recorder();
      await bus.subscribe(stepsTo('executor'), ear.handler);
      await bus.send({ ...LETTER, topic: 'rodex-steps', body: 'not ours' });
      await bus.publish(step(1));
      await ear.until(() => ear.got.length === 1);
      const dead = await eventually(
        async () => bus.deadLetters('executor'),
        (letters) => letters.length > 0,
      );
      expect(dead).toMatchObject([{ body: 'not ours', reason: 'invalid_message: no JSON' }]);
    });

    it('brings a refused letter again with its attributes, and sets it aside when its handler says so', async () => {
      const got = await listen(async (attempt) => {
        if (attempt === 1) throw new AppError('store_unavailable', 'later');
        throw new AppError('invalid_request', 'never');
      });
      await bus.send(LETTER);
      expect((await got(2))[1]).toMatchObject({ attributes: LETTER.attributes });
      const dead = await eventually(
        async () => bus.deadLetters(TO.subscription),
        (letters) => letters.length > 0,
      );
      expect(dead).toMatchObject([{ body: LETTER.body, reason: 'invalid_request: never' }]);
    });

    it('takes letters to a topic that nobody listens to', async () => {
      await bus.send({ ...LETTER, topic: 'replies-of-acme' });
    });
  });
}
