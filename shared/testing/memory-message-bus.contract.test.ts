import { WELL_KNOWN } from '../bus/message-bus-harness.contract.ts';
import { messageBusContract } from '../bus/message-bus.contract.ts';
import { messageBusLettersContract } from '../bus/message-bus-letters.contract.ts';
import { MemoryMessages, openMemoryMessageBus } from './memory-message-bus.ts';

const newHarness = async () => {
  const messages = new MemoryMessages();
  return {
    open: () =>
      openMemoryMessageBus({
        messages,
        subscriptions: WELL_KNOWN,
        backoff: { minMs: 1, maxMs: 8 },
      }),
    dispose: () => undefined,
  };
};

messageBusContract('memory', newHarness, { load: 2_000 });
messageBusLettersContract('memory', newHarness);
