import { stateStoreContract } from '../state/state-store.contract.ts';
import { MemoryDocuments, openMemoryStateStore } from './memory-state-store.ts';

async function newHarness() {
  const documents = new MemoryDocuments();
  return {
    open: (options = {}) => openMemoryStateStore({ documents, requireIndexes: false, ...options }),
    dispose: () => undefined,
  };
}

stateStoreContract('memory', newHarness, { takesClock: true, otherProcess: false });
