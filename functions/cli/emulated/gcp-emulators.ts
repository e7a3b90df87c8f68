import type { GcpConfig } from '../../../shared/core/gcp-config.ts';
import { startCloudStorageEmulator } from '../../../shared/emulators/cloud-storage-emulator.ts';
import { startEmulator, type Emulator } from '../../../shared/emulators/gcloud-emulator.ts';
import { startSecretManagerEmulator } from '../../../shared/emulators/secret-manager-emulator.ts';

export interface GcpEmulators extends AsyncDisposable {
  readonly gcp: GcpConfig;
  /** What a process needs to find them. */
  readonly environment: Readonly<Record<string, string>>;
  readonly firestore: Emulator;
  stopPubsub(): Promise<void>;
  /** Again where it was, empty. */
  startPubsub(): Promise<void>;
}

const PROJECT = 'demo-rodex';

/** Google's emulators of Firestore and Pub/Sub, and stand-ins for Secret Manager and Cloud Storage, all of them empty. */
export async function startGcpEmulators(): Promise<GcpEmulators> {
  const stack = new AsyncDisposableStack();
  try {
    const firestore = await startEmulator('firestore');
    stack.defer(async () => firestore.close());
    let pubsub = await startEmulator('pubsub');
    stack.defer(async () => pubsub.close());
    const secretManager = await startSecretManagerEmulator();
    stack.defer(async () => secretManager.close());
    const storage = await startCloudStorageEmulator();
    stack.defer(async () => storage.close());
    const gcp: GcpConfig = {
      projectId: PROJECT,
      databaseId: '(default)',
      bucket: `${PROJECT}-artifacts`,
      auditBucket: `${PROJECT}-audit`,
      push: undefined,
      kmsKey: undefined,
      kmsSigningKey: undefined,
      emulators: {
        firestoreHost: firestore.host,
        pubsubHost: pubsub.host,
        secretManagerHost: secretManager.host,
        storageUrl: storage.url,
      },
    };
    return {
      gcp,
      environment: {
        RODEX_PLATFORM: 'gcp',
        GOOGLE_CLOUD_PROJECT: gcp.projectId,
        RODEX_BUCKET: gcp.bucket,
        RODEX_AUDIT_BUCKET: gcp.auditBucket,
        FIRESTORE_EMULATOR_HOST: firestore.host,
        PUBSUB_EMULATOR_HOST: pubsub.host,
        RODEX_SECRET_MANAGER_EMULATOR_HOST: secretManager.host,
        STORAGE_EMULATOR_HOST: storage.url,
        METADATA_SERVER_DETECTION: 'none',
      },
      firestore,
      stopPubsub: async () => pubsub.close(),
      startPubsub: async () => {
        pubsub = await startEmulator('pubsub', Number(pubsub.host.split(':')[1]));
      },
      [Symbol.asyncDispose]: async () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
