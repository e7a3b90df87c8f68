import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import type { AuditArchive } from '../audit/audit-archive.ts';
import type { CheckpointSigner } from '../audit/checkpoint-signer.ts';
import type { KeyWrap } from '../audit/key-wrap.ts';
import type { MessageBus } from '../bus/message-bus.ts';
import { TOPIC_OF } from '../contracts/message.ts';
import { AppError } from '../core/errors.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import {
  COMPONENT_SPECS,
  PLATFORM_TENANT,
  TOPICS,
  type Ability,
  type Component,
} from './gcp-topology.ts';

type Need = readonly [Ability, string?];
/** Rejects unless one of these is what the component does. */
type Ask = (...needs: readonly Need[]) => void;

/** Ports that refuse what the component does not do by `gcp-topology.json`. */
export interface Guard {
  bus(bus: MessageBus): MessageBus;
  secrets(secrets: SecretStore): SecretStore;
  artifacts(artifacts: ArtifactStore): ArtifactStore;
  archive(archive: AuditArchive): AuditArchive;
  signer(signer: CheckpointSigner): CheckpointSigner;
  keyWrap(keyWrap: KeyWrap): KeyWrap;
}

/** What IAM does in a project: emulators and stand-ins let everybody do everything. Errors of the ports besides: `permission_denied`. */
export function guardOf(component: Component): Guard {
  const ask = askOf(component);
  return {
    bus: (bus) => guardBus(bus, component, ask),
    secrets: (secrets) => guardSecrets(secrets, ask),
    artifacts: (artifacts) => guardArtifacts(artifacts, ask),
    archive: (archive) => {
      const may = (): void => ask(['write-archive']);
      return {
        put: async (...asked) => (may(), archive.put(...asked)),
        get: async (...asked) => (may(), archive.get(...asked)),
        list: async (...asked) => (may(), archive.list(...asked)),
      };
    },
    signer: (signer) => {
      const may = (): void => ask(['sign-checkpoints']);
      return {
        name: signer.name,
        publicKey: async () => (may(), signer.publicKey()),
        sign: async (message) => (may(), signer.sign(message)),
      };
    },
    keyWrap: (keyWrap) => ({
      name: keyWrap.name,
      wrap: async (...asked) => (ask(['wrap-run-keys']), keyWrap.wrap(...asked)),
      unwrap: async (...asked) => (
        ask(['unwrap-run-keys'], ['wrap-run-keys']),
        keyWrap.unwrap(...asked)
      ),
    }),
  };
}

function askOf(component: Component): Ask {
  const { does } = COMPONENT_SPECS[component];
  return (...needs) => {
    const may = needs.some(([ability, on]) =>
      does.some(({ can, to }) => can === ability && (to === undefined || isMeant(to, on ?? ''))),
    );
    if (may) return;
    const wanted = needs
      .map(([ability, on]) => [ability, on].filter(Boolean).join(' '))
      .join(' or ');
    throw new AppError(
      'permission_denied',
      `${component} may not ${wanted}: if it is to, say so in shared/platform/gcp-topology.json (components.${component}.does)`,
    );
  };
}

const isMeant = (to: string, name: string): boolean =>
  to.endsWith('*') ? name.startsWith(to.slice(0, -1)) : name === to;

function guardBus(bus: MessageBus, component: Component, ask: Ask): MessageBus {
  return {
    publish: async (message) => {
      ask(['publish', TOPIC_OF[message.type]]);
      return bus.publish(message);
    },
    send: async (letter) => {
      // Topics of others are granted by whoever owns them.
      if (TOPICS.includes(letter.topic) || component !== 'triggers') ask(['publish', letter.topic]);
      return bus.send(letter);
    },
    subscribe: async (options, handler) => {
      ask(['pull', options.subscription]);
      return bus.subscribe(options, handler);
    },
    receive: async (options, handler) => {
      ask(['pull', options.subscription]);
      return bus.receive(options, handler);
    },
    setAside: async (letter) => {
      ask(['set-aside', letter.subscription]);
      return bus.setAside(letter);
    },
    // For people, at a terminal.
    deadLetters: async (subscription) => {
      ask(['pull', `${subscription}-dead`]);
      return bus.deadLetters(subscription);
    },
    close: async () => bus.close(),
  };
}

function guardSecrets(secrets: SecretStore, ask: Ask): SecretStore {
  const write = (): void => ask(['write-tenant-secrets']);
  return {
    get: async (tenantId, name) => {
      ask(tenantId === PLATFORM_TENANT ? ['read-secret', name] : ['read-tenant-secrets']);
      return secrets.get(tenantId, name);
    },
    set: async (...asked) => (write(), secrets.set(...asked)),
    list: async (...asked) => (write(), secrets.list(...asked)),
    delete: async (...asked) => (write(), secrets.delete(...asked)),
  };
}

function guardArtifacts(artifacts: ArtifactStore, ask: Ask): ArtifactStore {
  const read = (): void => ask(['read-artifacts'], ['write-artifacts']);
  const write = (): void => ask(['write-artifacts']);
  return {
    get: async (...asked) => (read(), artifacts.get(...asked)),
    list: async (...asked) => (read(), artifacts.list(...asked)),
    link: async (...asked) => (read(), ask(['sign-links']), artifacts.link(...asked)),
    put: async (...asked) => (write(), artifacts.put(...asked)),
    removeRun: async (...asked) => (write(), artifacts.removeRun(...asked)),
  };
}
