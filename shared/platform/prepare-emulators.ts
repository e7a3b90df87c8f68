import { openPubsubMessageBus } from '../bus/pubsub-message-bus.ts';
import { AppError } from '../core/errors.ts';
import type { GcpConfig } from '../core/gcp-config.ts';
import { openSecretManagerSecretStore } from '../secrets/secret-manager-secret-store.ts';
import { subscriptionsOf, type Component } from './gcp-topology.ts';
import { PlatformKey } from './platform-key.ts';

/** Where each function that is pushed to listens. */
export type PushEndpoints = Readonly<Partial<Record<Component, string>>>;

/** Makes on emulators what Terraform makes in a project: topics, subscriptions with their push endpoints, dead letters, the master key. */
export async function prepareEmulators(
  config: GcpConfig,
  tenants: readonly string[],
  endpoints: PushEndpoints,
): Promise<void> {
  await preparePubsub(config, tenants, endpoints);
  const secrets = openSecretManagerSecretStore({
    projectId: config.projectId,
    emulatorHost: emulatorsOf(config).secretManagerHost,
  });
  try {
    await new PlatformKey(secrets, { mayCreate: true }).derive('made');
  } finally {
    await secrets.close();
  }
}

/** Also after the Pub/Sub emulator was started anew: it forgets everything. */
export async function preparePubsub(
  config: GcpConfig,
  tenants: readonly string[],
  endpoints: PushEndpoints,
): Promise<void> {
  const bus = await openPubsubMessageBus({
    projectId: config.projectId,
    emulatorHost: emulatorsOf(config).pubsubHost,
    subscriptions: subscriptionsOf(tenants).map(({ pushTo, ...subscription }) => {
      const pushEndpoint = pushTo && endpoints[pushTo];
      return { ...subscription, ...(pushEndpoint !== undefined && { pushEndpoint }) };
    }),
  });
  await bus.close();
}

function emulatorsOf({ emulators }: GcpConfig): NonNullable<GcpConfig['emulators']> {
  if (emulators) return emulators;
  throw new AppError('invalid_config', 'a real project is prepared by Terraform, not from here');
}
