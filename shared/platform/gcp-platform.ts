import { hostname } from 'node:os';

import { RunVault } from '../audit/run-vault.ts';
import type { MessageBus } from '../bus/message-bus.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { GcpConfig } from '../core/gcp-config.ts';
import { randomId } from '../core/ids.ts';
import { openFirestoreStateStore } from '../state/firestore-state-store.ts';
import { gcpKeys } from './gcp-keys.ts';
import { guardOf } from './gcp-guard.ts';
import {
  assertThere,
  bucketCheck,
  busCheck,
  firestoreCheck,
  secretCheck,
} from './gcp-start-check.ts';
import { noTelemetry } from '../telemetry/telemetry.ts';
import { COMPONENT_SPECS, lookedForBy, type Component } from './gcp-topology.ts';
import {
  lateArtifactStore,
  lateAuditArchive,
  lateMessageBus,
  lateSecretStore,
  once,
} from './late-adapters.ts';
import type { Platform } from './platform.ts';
import { PlatformKey } from './platform-key.ts';
import { instanceName, isInstanceGone } from './process-instance.ts';

export interface GcpPlatformOptions {
  /** Which component starts: what it needs is looked for. Absent: everything, for the command line. */
  readonly component?: Component;
  /** Told of streams that broke and are opened again, and of settings that could not be put on record. */
  readonly onTrouble?: (message: string) => void;
  /** Told when a function that has started already turns out to lack something: it should end. Absent: nobody looks. */
  readonly onMissing?: (error: AppError) => void;
}

/** A function's checks do not hold up its first request. */
const CHECK_AFTER_MS = 500;

/**
 * The platform on Google Cloud, or on emulators. Errors: `invalid_config` naming each topic, subscription, dead letter, index, secret, bucket
 * or role that the component lacks.
 */
export async function openGcpPlatform(
  config: GcpConfig,
  options: GcpPlatformOptions = {},
): Promise<Platform> {
  const { projectId, databaseId, bucket, emulators } = config;
  const { component, onTrouble, onMissing } = options;
  const stack = new AsyncDisposableStack();
  try {
    const store = openFirestoreStateStore({
      projectId,
      databaseId,
      ...(emulators && { emulatorHost: emulators.firestoreHost, requireIndexes: true }),
      // Whoever watches a run or a turn needs that document; all that changes below changes it too.
      collectionsBelow: [],
    });
    stack.defer(async () => store.close());
    const openBus = once(async (): Promise<MessageBus> => {
      const { openPubsubMessageBus } = await import('../bus/pubsub-message-bus.ts');
      return openPubsubMessageBus({
        projectId,
        ...(emulators && { emulatorHost: emulators.pubsubHost }),
        subscriptions: lookedForBy(component),
        ...(onTrouble && { onTrouble }),
      });
    });
    const isFunction = component !== undefined && COMPONENT_SPECS[component].runs === 'function';
    const bus = lateMessageBus(openBus);
    // Who pulls needs it at once.
    if (emulators && !isFunction) await openBus();
    stack.defer(async () => bus.close());
    const secrets = lateSecretStore(async () => {
      const { openSecretManagerSecretStore } =
        await import('../secrets/secret-manager-secret-store.ts');
      const opened = openSecretManagerSecretStore({
        projectId,
        ...(emulators && { emulatorHost: emulators.secretManagerHost }),
      });
      stack.defer(async () => opened.close());
      return opened;
    });
    const key = new PlatformKey(secrets, { mayCreate: emulators !== undefined });
    const artifacts = lateArtifactStore(async () => {
      const { openCloudStorageArtifactStore } =
        await import('../artifacts/cloud-storage-artifact-store.ts');
      return openCloudStorageArtifactStore({
        projectId,
        bucket,
        key: async () => key.derive('artifacts v1'),
        ...(emulators && { emulatorUrl: emulators.storageUrl }),
      });
    });
    const archive = lateAuditArchive(async () => {
      const { openCloudStorageAuditArchive } =
        await import('../audit/cloud-storage-audit-archive.ts');
      return openCloudStorageAuditArchive({
        projectId,
        bucket: config.auditBucket,
        ...(emulators && { emulatorUrl: emulators.storageUrl }),
      });
    });
    const { signer, keyWrap } = gcpKeys(config, key, stack);
    // A project has IAM for this.
    const guard = emulators && component !== undefined ? guardOf(component) : undefined;
    const vault = new RunVault(guard?.keyWrap(keyWrap) ?? keyWrap);
    const check = async (): Promise<void> =>
      assertThere(projectId, [
        firestoreCheck(store),
        secretCheck(secrets, config),
        ...(component === 'triggers' ? [] : [bucketCheck(artifacts)]),
        busCheck(openBus),
      ]);
    if (!emulators && !isFunction) await check();
    else if (!emulators && onMissing) {
      const timer = setTimeout(() => {
        check().catch((error: unknown) => onMissing(AppError.from(error)));
      }, CHECK_AFTER_MS);
      stack.defer(() => clearTimeout(timer));
    }
    return {
      name: 'gcp',
      store,
      bus: guard?.bus(bus) ?? bus,
      vault,
      archive: guard?.archive(archive) ?? archive,
      signer: guard?.signer(signer) ?? signer,
      secrets: guard?.secrets(secrets) ?? secrets,
      artifacts: guard?.artifacts(artifacts) ?? artifacts,
      derive: async (purpose) => key.derive(purpose),
      clock: systemClock,
      telemetry: noTelemetry,
      // Processes of one machine know of each other; containers do not: there a lease runs out.
      instance: emulators ? instanceName() : `${hostname()}-${randomId('i')}`,
      isGone: emulators ? isInstanceGone : () => false,
      close: async () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
