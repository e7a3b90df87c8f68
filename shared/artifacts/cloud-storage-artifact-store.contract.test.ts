import { generateKeyPairSync } from 'node:crypto';

import { GoogleAuth } from 'google-auth-library';

import { startCloudStorageEmulator } from '../emulators/cloud-storage-emulator.ts';
import { artifactStoreContract } from './artifact-store.contract.ts';
import { openCloudStorageArtifactStore } from './cloud-storage-artifact-store.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const authClient = new GoogleAuth({
  credentials: {
    client_email: 'rodex@demo.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  },
});

artifactStoreContract('cloud storage', async () => {
  const emulator = await startCloudStorageEmulator();
  return {
    open: () =>
      openCloudStorageArtifactStore({
        projectId: 'demo-artifacts',
        bucket: 'artifacts-of-demo',
        emulatorUrl: emulator.url,
        key: async () => Buffer.alloc(32, 7),
        authClient,
      }),
    dispose: () => emulator.close(),
  };
});
