import { startSecretManagerEmulator } from '../emulators/secret-manager-emulator.ts';
import { openSecretManagerSecretStore } from './secret-manager-secret-store.ts';
import { secretStoreContract } from './secret-store.contract.ts';

// The client answers from its cache as a process does; `open` again is another process.
secretStoreContract('secret manager', async () => {
  const emulator = await startSecretManagerEmulator();
  const opened: { close(): Promise<void> }[] = [];
  return {
    open: () => {
      const store = openSecretManagerSecretStore({
        projectId: 'demo-secrets',
        emulatorHost: emulator.host,
      });
      opened.push(store);
      return store;
    },
    dispose: async () => {
      await Promise.all(opened.map((store) => store.close()));
      await emulator.close();
    },
  };
});
