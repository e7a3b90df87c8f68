import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import type { AuditArchive } from '../audit/audit-archive.ts';
import type { KeyWrap } from '../audit/key-wrap.ts';
import type { CheckpointSigner } from '../audit/checkpoint-signer.ts';
import type { MessageBus } from '../bus/message-bus.ts';
import type { SecretStore } from '../secrets/secret-store.ts';

/** Ports whose clients are loaded and opened by the first call: a function does not pay at its start for what it does not use yet. */

export function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return async () => {
    opened ??= open();
    try {
      return await opened;
    } catch (error) {
      // What could not be opened now is opened by the next call.
      opened = undefined;
      throw error;
    }
  };
}

/** `opened` is shared with whoever looks for what the bus needs. */
export function lateMessageBus(opened: () => Promise<MessageBus>): MessageBus {
  let used = false;
  const bus = async (): Promise<MessageBus> => {
    used = true;
    return opened();
  };
  return {
    publish: async (...asked) => (await bus()).publish(...asked),
    subscribe: async (...asked) => (await bus()).subscribe(...asked),
    send: async (...asked) => (await bus()).send(...asked),
    receive: async (...asked) => (await bus()).receive(...asked),
    deadLetters: async (...asked) => (await bus()).deadLetters(...asked),
    setAside: async (...asked) => (await bus()).setAside(...asked),
    close: async () => {
      if (used) await (await bus()).close();
    },
  };
}

export function lateSecretStore(open: () => Promise<SecretStore>): SecretStore {
  const store = once(open);
  return {
    get: async (...asked) => (await store()).get(...asked),
    set: async (...asked) => (await store()).set(...asked),
    list: async (...asked) => (await store()).list(...asked),
    delete: async (...asked) => (await store()).delete(...asked),
  };
}

export function lateAuditArchive(open: () => Promise<AuditArchive>): AuditArchive {
  const archive = once(open);
  return {
    put: async (...asked) => (await archive()).put(...asked),
    get: async (...asked) => (await archive()).get(...asked),
    list: async (...asked) => (await archive()).list(...asked),
  };
}

export function lateArtifactStore(open: () => Promise<ArtifactStore>): ArtifactStore {
  const store = once(open);
  return {
    put: async (...asked) => (await store()).put(...asked),
    get: async (...asked) => (await store()).get(...asked),
    list: async (...asked) => (await store()).list(...asked),
    link: async (...asked) => (await store()).link(...asked),
    removeRun: async (...asked) => (await store()).removeRun(...asked),
  };
}

/** Wraps under a key that has to be fetched, or a client that has to be loaded, first. */
export function lateKeyWrap(name: string, open: () => Promise<KeyWrap>): KeyWrap {
  const wrap = once(open);
  return {
    name,
    wrap: async (...asked) => (await wrap()).wrap(...asked),
    unwrap: async (...asked) => (await wrap()).unwrap(...asked),
  };
}

export function lateCheckpointSigner(
  name: string,
  open: () => Promise<CheckpointSigner>,
): CheckpointSigner {
  const signer = once(open);
  return {
    name,
    publicKey: async () => (await signer()).publicKey(),
    sign: async (message) => (await signer()).sign(message),
  };
}
