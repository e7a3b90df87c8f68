import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

import { afterAll, beforeAll, describe, it } from 'vitest';

import { openFirestoreStateStore } from './firestore-state-store.ts';
import { stateStoreContract } from './state-store.contract.ts';

const hasGcloud = spawnSync('gcloud', ['--version'], { stdio: 'ignore' }).status === 0;
let host = '';
let end: () => Promise<void> = async () => undefined;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return typeof address === 'object' && address ? address.port : 0;
}

/** The official emulator, in a process group of its own: gcloud is a wrapper around the program that serves. */
async function startEmulator(): Promise<void> {
  host = `127.0.0.1:${await freePort()}`;
  const child = spawn('gcloud', ['emulators', 'firestore', 'start', `--host-port=${host}`], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, METADATA_SERVER_DETECTION: 'none' },
  });
  end = async () => {
    if (child.pid === undefined || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    process.kill(-child.pid, 'SIGKILL');
    await exited;
  };
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    if (line.includes('is now running')) {
      child.stderr.resume();
      return;
    }
  }
  throw new Error(`the Firestore emulator did not start:\n${said.join('\n')}`);
}

if (hasGcloud) {
  describe('on the emulator', () => {
    beforeAll(startEmulator, 60_000);
    afterAll(() => end());
    stateStoreContract(
      'firestore',
      async () => {
        // A project of its own is an empty store.
        const projectId = `demo-${randomBytes(6).toString('hex')}`;
        return {
          open: () =>
            openFirestoreStateStore({
              projectId,
              emulatorHost: host,
              collectionsBelow: ['log', 'turns'],
            }),
          dispose: () => undefined,
        };
      },
      { takesClock: false, otherProcess: false, modelRuns: 12 },
    );
  });
} else {
  it.skip('firestore: gcloud is missing, so the emulator suite is skipped', () => undefined);
}
