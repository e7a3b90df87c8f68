import { startCloudStorageEmulator } from '../emulators/cloud-storage-emulator.ts';
import { auditArchiveContract } from './audit-archive.contract.ts';
import { openCloudStorageAuditArchive } from './cloud-storage-audit-archive.ts';

auditArchiveContract('cloud storage', async () => {
  const emulator = await startCloudStorageEmulator();
  return {
    open: () =>
      openCloudStorageAuditArchive({
        projectId: 'demo-audit',
        bucket: 'audit-of-demo',
        emulatorUrl: emulator.url,
      }),
    dispose: () => emulator.close(),
  };
});
