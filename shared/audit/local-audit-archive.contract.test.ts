import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { auditArchiveContract } from './audit-archive.contract.ts';
import { openLocalAuditArchive } from './local-audit-archive.ts';

auditArchiveContract('directory', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'rodex-archive-'));
  return {
    open: () => openLocalAuditArchive(dir),
    dispose: async () => rm(dir, { recursive: true, force: true }),
  };
});
