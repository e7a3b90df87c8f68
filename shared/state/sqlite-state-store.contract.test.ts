import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { openSqliteStateStore } from './sqlite-state-store.ts';
import { stateStoreContract } from './state-store.contract.ts';

async function newHarness() {
  const dir = await mkdtemp(join(tmpdir(), 'rodex-state-'));
  const file = join(dir, 'state.db');
  return {
    open: (options = {}) => openSqliteStateStore({ file, requireIndexes: false, ...options }),
    dispose: () => rm(dir, { recursive: true, force: true }),
    commitElsewhere: async (writes: readonly unknown[]) => {
      const program = join(import.meta.dirname, '__fixtures__/commit-from-process.ts');
      await promisify(execFile)(process.execPath, [program, file, JSON.stringify(writes)]);
    },
  };
}

stateStoreContract('sqlite', newHarness, { takesClock: true, otherProcess: true });
