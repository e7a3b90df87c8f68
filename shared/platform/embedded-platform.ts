import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { openFileArtifactStore } from '../artifacts/file-artifact-store.ts';
import { openEmbeddedMessageBus } from '../bus/embedded-message-bus.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { openFileSecretStore } from '../secrets/file-secret-store.ts';
import { openSqliteStateStore } from '../state/sqlite-state-store.ts';
import type { Platform } from './platform.ts';
import { instanceName, isInstanceGone } from './process-instance.ts';

function prepareDirectory(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOSPC')
      throw new AppError(
        'disk_full',
        `no space for the data directory ${dataDir}; free some, or set RODEX_DATA_DIR`,
        { cause: error },
      );
    throw new AppError(
      'invalid_config',
      `the data directory ${dataDir} cannot be made (${code}); set RODEX_DATA_DIR to one that can`,
      { cause: error },
    );
  }
}

/** The platform of one machine, all of it under `dataDir`. Several processes may open the same directory at once. */
export async function openEmbeddedPlatform(dataDir: string): Promise<Platform> {
  prepareDirectory(dataDir);
  const secrets = openFileSecretStore({ dir: join(dataDir, 'secrets') });
  const artifacts = openFileArtifactStore({
    dir: join(dataDir, 'artifacts'),
    keyFile: join(dataDir, 'secrets', 'master.key'),
  });
  const store = openSqliteStateStore({ file: join(dataDir, 'state.sqlite') });
  const bus = openEmbeddedMessageBus({
    file: join(dataDir, 'bus.sqlite'),
    subscriptions: [
      { topic: 'rodex-plan', subscription: 'rodex-plan' },
      { topic: 'rodex-steps', subscription: 'rodex-steps' },
    ],
  });
  return {
    name: 'embedded',
    store,
    bus,
    secrets,
    artifacts,
    clock: systemClock,
    instance: instanceName(),
    isGone: isInstanceGone,
    close: async () => {
      await bus.close();
      await store.close();
    },
  };
}
