import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { openFileArtifactStore } from '../artifacts/file-artifact-store.ts';
import { openLocalAuditArchive } from '../audit/local-audit-archive.ts';
import { createLocalCheckpointSigner } from '../audit/local-checkpoint-signer.ts';
import { createLocalKeyWrap } from '../audit/local-key-wrap.ts';
import { RunVault } from '../audit/run-vault.ts';
import { openEmbeddedMessageBus } from '../bus/embedded-message-bus.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { MasterKey } from '../core/master-key.ts';
import { openFileSecretStore } from '../secrets/file-secret-store.ts';
import { openSqliteStateStore } from '../state/sqlite-state-store.ts';
import { noTelemetry } from '../telemetry/telemetry.ts';
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
  const file = join(dataDir, 'state.sqlite');
  // Logs that exist are encrypted under keys that only the old master key opens. A damaged store is named before a missing key; a new
  // one is made after the key, so that it never stands without it.
  const existing = existsSync(file) ? openSqliteStateStore({ file }) : undefined;
  const masterKey = MasterKey.open(join(dataDir, 'secrets', 'master.key'), {
    mayCreate: existing === undefined,
  });
  const secrets = openFileSecretStore({ dir: join(dataDir, 'secrets') });
  const artifacts = openFileArtifactStore({
    dir: join(dataDir, 'artifacts'),
    keyFile: join(dataDir, 'secrets', 'master.key'),
  });
  const vault = new RunVault(createLocalKeyWrap(masterKey.derive('run keys v1')));
  const store = existing ?? openSqliteStateStore({ file });
  const bus = openEmbeddedMessageBus({
    file: join(dataDir, 'bus.sqlite'),
    subscriptions: [
      { topic: 'rodex-plan', subscription: 'rodex-plan' },
      { topic: 'rodex-steps', subscription: 'rodex-steps' },
      { topic: 'rodex-changes', subscription: 'rodex-changes' },
    ],
  });
  return {
    name: 'embedded',
    store,
    bus,
    vault,
    archive: openLocalAuditArchive(join(dataDir, 'audit')),
    signer: createLocalCheckpointSigner('rodex', masterKey.derive('checkpoints v1')),
    secrets,
    artifacts,
    derive: async (purpose) => masterKey.derive(purpose),
    clock: systemClock,
    telemetry: noTelemetry,
    instance: instanceName(),
    isGone: isInstanceGone,
    close: async () => {
      await bus.close();
      await store.close();
    },
  };
}
