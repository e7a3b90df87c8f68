import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { artifactStoreContract } from './artifact-store.contract.ts';
import { openFileArtifactStore } from './file-artifact-store.ts';

artifactStoreContract('files', async () => {
  const root = await mkdtemp(join(tmpdir(), 'rodex-artifacts-'));
  return {
    open: () =>
      openFileArtifactStore({ dir: join(root, 'artifacts'), keyFile: join(root, 'master.key') }),
    dispose: () => rm(root, { recursive: true, force: true }),
  };
});
