import { randomBytes } from 'node:crypto';

import { PubSub } from '@google-cloud/pubsub';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { AppError } from '../core/errors.ts';
import { hasGcloud, startEmulator, type Emulator } from '../emulators/gcloud-emulator.ts';
import { recorder, step, stepsTo, WELL_KNOWN } from './message-bus-harness.contract.ts';
import type { MessageBus } from './message-bus.ts';
import { openPubsubMessageBus } from './pubsub-message-bus.ts';
import { deadLetterOf } from './pubsub-topology.ts';

if (!hasGcloud()) {
  it.skip('pubsub: gcloud is missing, so the emulator suite is skipped', () => undefined);
} else {
  describe('the Pub/Sub message bus', () => {
    let emulator: Emulator;
    let projectId = '';
    beforeAll(async () => {
      emulator = await startEmulator('pubsub');
    });
    afterAll(async () => emulator.close());
    beforeEach(() => {
      projectId = `demo-${randomBytes(6).toString('hex')}`;
    });
    const open = async (makeMissing: boolean): Promise<MessageBus> =>
      openPubsubMessageBus({
        projectId,
        emulatorHost: emulator.host,
        makeMissing,
        subscriptions: WELL_KNOWN,
      });
    const admin = (): PubSub =>
      new PubSub({ projectId, apiEndpoint: emulator.host, emulatorMode: true });

    it('names everything that a project lacks before any message is sent', async () => {
      await expect(open(false)).rejects.toMatchObject({
        code: 'invalid_config',
        details: {
          missing: [
            'topic rodex-plan',
            'topic planner-dead',
            'subscription planner-dead of topic planner-dead',
            'subscription planner of topic rodex-plan',
            'topic rodex-steps',
            'topic executor-dead',
            'subscription executor-dead of topic executor-dead',
            'subscription executor of topic rodex-steps',
          ],
        },
      });
      await (await open(true)).close();
      await (await open(false)).close();
    });

    it.each([
      [
        'a topic',
        async (pubsub: PubSub) => pubsub.topic('rodex-plan').delete(),
        'topic rodex-plan',
      ],
      [
        'a subscription',
        async (pubsub: PubSub) => pubsub.subscription('executor').delete(),
        'subscription executor of topic rodex-steps',
      ],
      [
        'a dead letter topic',
        async (pubsub: PubSub) => pubsub.topic(deadLetterOf('executor')).delete(),
        'topic executor-dead',
      ],
      [
        'a dead letter policy',
        async (pubsub: PubSub) => {
          await pubsub.subscription('executor').delete();
          await pubsub.createSubscription('rodex-steps', 'executor');
        },
        'dead letter policy of subscription executor to topic executor-dead',
      ],
    ])('names %s that is missing, alone', async (_what, remove, line) => {
      await (await open(true)).close();
      const pubsub = admin();
      await remove(pubsub);
      await pubsub.close();
      await expect(open(false)).rejects.toMatchObject({ details: { missing: [line] } });
    });

    it('publishes nothing to a topic that is not there, and says so', async () => {
      const bus = await open(true);
      await bus.close();
      const strict = await open(false);
      const pubsub = admin();
      await pubsub.topic('rodex-steps').delete();
      await pubsub.close();
      await expect(strict.publish(step(1))).rejects.toMatchObject({ code: 'invalid_config' });
      await strict.close();
    });

    it('goes on by itself when Pub/Sub was away and came back empty', async () => {
      const troubles: string[] = [];
      const bus = await openPubsubMessageBus({
        projectId,
        emulatorHost: emulator.host,
        subscriptions: WELL_KNOWN,
        onTrouble: (message) => void troubles.push(message),
      });
      const ear = recorder();
      await bus.subscribe(stepsTo('executor'), ear.handler);
      await bus.publish(step(1));
      await ear.until(() => ear.got.length === 1);
      await emulator.close();
      await expect(bus.publish(step(2))).rejects.toMatchObject({
        code: 'bus_unavailable',
        retryable: true,
      });
      emulator = await startEmulator('pubsub', Number(emulator.host.split(':')[1]));
      // What is published before the subscription is made again is lost, as it is by an emulator: so publish until it arrives.
      const seen = (): boolean =>
        ear.got.some(({ message }) => 'stepId' in message && message.stepId === '1-3');
      while (!seen()) {
        await bus.publish(step(3)).catch((error: unknown) => {
          // The connection may still be in its pause.
          if (!AppError.is(error, 'bus_unavailable')) throw error;
        });
        await Promise.race([
          ear.until(seen),
          new Promise((resolve) => {
            setTimeout(resolve, 500);
          }),
        ]);
      }
      await bus.close();
    }, 120_000);

    it('keeps a message while its handler runs past the deadline', async () => {
      const bus = await open(true);
      // Longer than the shortest deadline that Pub/Sub knows, 10 s: only time shows that it was extended.
      const ear = recorder(
        () =>
          new Promise((resolve) => {
            setTimeout(resolve, 13_000);
          }),
      );
      await bus.subscribe({ ...stepsTo('executor'), leaseMs: 10_000 }, ear.handler);
      await bus.publish(step(1));
      await ear.until(() => ear.got.length > 0);
      await new Promise((resolve) => {
        setTimeout(resolve, 14_000);
      });
      expect(ear.got).toHaveLength(1);
      await bus.close();
    });
  });
}
