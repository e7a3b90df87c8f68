import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openFileSecretStore } from './file-secret-store.ts';
import { secretStoreContract } from './secret-store.contract.ts';

secretStoreContract('files', async () => {
  const root = await mkdtemp(join(tmpdir(), 'rodex-secrets-'));
  return {
    open: () => openFileSecretStore({ dir: join(root, 'secrets') }),
    dispose: () => rm(root, { recursive: true, force: true }),
  };
});
