import type { Server } from 'node:http';

import type { ArtifactStore } from '../../../shared/artifacts/artifact-store.ts';
import type { MessageBus } from '../../../shared/bus/message-bus.ts';
import type { Role } from '../../../shared/contracts/identity.ts';
import { systemClock, type Clock } from '../../../shared/core/clock.ts';
import { silentLogger } from '../../../shared/core/logger.ts';
import { webhookRule } from '../../../shared/policy/webhook-target.ts';
import type { Identity } from '../../../shared/policy/roles.ts';
import type { Secret, SecretStore } from '../../../shared/secrets/secret-store.ts';
import type { StateStore } from '../../../shared/state/state-store.ts';
import { openMemoryMessageBus } from '../../../shared/testing/memory-message-bus.ts';
import { openMemoryStateStore } from '../../../shared/testing/memory-state-store.ts';
import { memoryVault } from '../../../shared/testing/memory-vault.ts';
import { createApi, type ApiDeps } from '../api.ts';
import { ApiKeys, terminalKey } from '../identity/api-keys.ts';
import { createAuthenticator, type AuthenticatorOptions } from '../identity/authenticator.ts';
import { LiveFeed } from '../live-feed.ts';

const TERMINAL_SECRET = 'T'.repeat(43);
/** Key of the person at the terminal, admin of every tenant. */
export const ADMIN = terminalKey('local', TERMINAL_SECRET);
export const adminOf = (tenantId: string): string => terminalKey(tenantId, TERMINAL_SECRET);

export interface TestApiOptions extends Partial<ApiDeps> {
  readonly terminal?: boolean;
  readonly oidc?: AuthenticatorOptions['oidc'];
  readonly platformAdmins?: readonly string[];
}

export interface TestApi {
  readonly url: string;
  readonly deps: ApiDeps;
  readonly store: StateStore;
  readonly bus: MessageBus;
  readonly feed: LiveFeed;
  readonly server: Server;
  /** A key of that role, made by an admin who is somebody else. */
  keyOf(role: Role, tenantId?: string): Promise<string>;
  close(): Promise<void>;
}

/** Secrets that live as long as the test. */
export function memorySecrets(): SecretStore {
  const all = new Map<string, Secret>();
  const at = (tenantId: string, name: string): string => `${tenantId}/${name}`;
  return {
    get: async (tenantId, name) => all.get(at(tenantId, name)),
    set: async (tenantId, name, value, origins) =>
      void all.set(at(tenantId, name), { name, value, origins, updatedAt: systemClock.iso() }),
    list: async (tenantId) =>
      [...all]
        .filter(([key]) => key.startsWith(`${tenantId}/`))
        .map(([, { value: _value, ...metadata }]) => metadata),
    delete: async (tenantId, name) => void all.delete(at(tenantId, name)),
  };
}

const noArtifacts: ArtifactStore = {
  put: async () => ({ name: '', bytes: 0, digest: '', mediaType: '' }),
  get: async () => {
    throw new Error('no artifacts in this test');
  },
  list: async () => [],
  link: async () => undefined,
        removeRun: async () => undefined,
};

export const adminIdentity = (tenantId: string): Identity => ({
  principal: 'user:root@example.com',
  kind: 'person',
  tenantId,
  role: 'admin',
  platformAdmin: true,
});

/** The API on a free port, on memory. */
export async function startTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const { terminal = true, oidc, platformAdmins = [], ...over } = options;
  const store = over.store ?? openMemoryStateStore();
  const bus = openMemoryMessageBus({
    subscriptions: [{ topic: 'rodex-steps', subscription: 'rodex-steps' }],
  });
  const clock: Clock = over.clock ?? systemClock;
  const pepper = new Uint8Array(32).fill(7);
  const apiKeys = new ApiKeys({
    store,
    clock,
    pepper,
    ...(terminal && { terminalSecret: TERMINAL_SECRET }),
  });
  const feed = new LiveFeed();
  const deps: ApiDeps = {
    store,
    bus,
    clock,
    vault: memoryVault(),
    artifacts: noArtifacts,
    secrets: memorySecrets(),
    feed,
    log: silentLogger,
    version: '1.2.3',
    hostNames: ['127.0.0.1', 'localhost'],
    privatePrefix: 'browser-state-',
    limits: { perPrincipal: 1e9, perTenant: 1e9 },
    apiKeys,
    linkSecret: new Uint8Array(32).fill(9),
    derive: async (purpose) => new Uint8Array(32).fill(purpose.length),
    webhookRule: webhookRule([], false),
    identify: createAuthenticator({
      store,
      apiKeys,
      tenantId: 'local',
      platformAdmins,
      ...(oidc && { oidc }),
    }),
    ...over,
  };
  const app = createApi(deps);
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    deps,
    store,
    bus,
    feed,
    server,
    keyOf: async (role, tenantId = 'local') =>
      (await apiKeys.issue(adminIdentity(tenantId), { name: role, role })).key,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await bus.close();
      await store.close();
    },
  };
}
