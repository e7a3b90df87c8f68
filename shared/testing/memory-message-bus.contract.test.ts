import { WELL_KNOWN } from '../bus/message-bus-harness.contract.ts';
import { messageBusContract } from '../bus/message-bus.contract.ts';
import { MemoryMessages, openMemoryMessageBus } from './memory-message-bus.ts';

messageBusContract(
  'memory',
  async () => {
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
  },
  { load: 2_000 },
);
