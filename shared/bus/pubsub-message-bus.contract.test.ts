import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, it } from 'vitest';

import { hasGcloud, startEmulator, type Emulator } from '../emulators/gcloud-emulator.ts';
import { WELL_KNOWN } from './message-bus-harness.contract.ts';
import { messageBusContract } from './message-bus.contract.ts';
import { messageBusLettersContract } from './message-bus-letters.contract.ts';
import { openPubsubMessageBus } from './pubsub-message-bus.ts';

if (hasGcloud()) {
  describe('on the emulator', () => {
    let emulator: Emulator;
    beforeAll(async () => {
      emulator = await startEmulator('pubsub');
    });
    afterAll(async () => emulator.close());
    const newHarness = async () => {
      // A project of its own is an empty bus.
      const projectId = `demo-${randomBytes(6).toString('hex')}`;
      return {
        open: async () =>
          openPubsubMessageBus({
            projectId,
            emulatorHost: emulator.host,
            subscriptions: WELL_KNOWN,
            backoff: { minMs: 1, maxMs: 8 },
          }),
        dispose: () => undefined,
      };
    };
    messageBusContract('pubsub', newHarness, { load: 1_000 });
    messageBusLettersContract('pubsub', newHarness);
  });
} else {
  it.skip('pubsub: gcloud is missing, so the emulator suite is skipped', () => undefined);
}
