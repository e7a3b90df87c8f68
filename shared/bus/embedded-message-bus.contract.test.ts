import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openEmbeddedMessageBus } from './embedded-message-bus.ts';
import { WELL_KNOWN } from './message-bus-harness.contract.ts';
import { messageBusContract } from './message-bus.contract.ts';
import { messageBusLettersContract } from './message-bus-letters.contract.ts';

const newHarness = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'rodex-bus-'));
  return {
    open: () =>
      openEmbeddedMessageBus({
        file: join(dir, 'bus.db'),
        subscriptions: WELL_KNOWN,
        backoff: { minMs: 1, maxMs: 8 },
      }),
    dispose: () => rm(dir, { recursive: true, force: true }),
  };
};

messageBusContract('embedded', newHarness);
messageBusLettersContract('embedded', newHarness);
