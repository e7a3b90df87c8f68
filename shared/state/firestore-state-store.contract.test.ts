import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

import { WriteBatch } from '@google-cloud/firestore';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { ABORTED, PERMISSION_DENIED, UNAVAILABLE, UNKNOWN } from '../core/grpc-status.ts';
import { openFirestoreStateStore } from './firestore-state-store.ts';
import { stateStoreContract } from './state-store.contract.ts';
import type { StateStore } from './state-store.ts';

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

    describe('a commit that Firestore fails', () => {
      const open = (): StateStore =>
        openFirestoreStateStore({
          projectId: `demo-${randomBytes(6).toString('hex')}`,
          emulatorHost: host,
          collectionsBelow: [],
        });
      const write = { op: 'create', path: 'runs/a', data: { n: 1 } } as const;
      const failing = (code: number, times: number, applied: boolean): { calls: number } => {
        const seen = { calls: 0 };
        // eslint-disable-next-line typescript/unbound-method -- called with its batch below
        const real = WriteBatch.prototype.commit;
        vi.spyOn(WriteBatch.prototype, 'commit').mockImplementation(async function (
          this: WriteBatch,
        ) {
          seen.calls += 1;
          if (seen.calls > times) return real.call(this);
          if (applied) await real.call(this);
          throw Object.assign(new Error('said by the test'), { code });
        });
        return seen;
      };
      afterEach(() => void vi.restoreAllMocks());

      it.each([
        ['ABORTED', ABORTED],
        ['UNAVAILABLE', UNAVAILABLE],
        ['UNKNOWN', UNKNOWN],
      ])('five times with %s is sent again, and applied once', async (_name, code) => {
        const store = open();
        const seen = failing(code, 5, false);
        const [version] = await store.commit([write]);
        expect(seen.calls).toBe(6);
        expect(await store.get('runs/a')).toMatchObject({ data: { n: 1 }, version });
        await store.close();
      });

      it('after applying it, so that the reply is lost, is known to have been applied', async () => {
        const store = open();
        const seen = failing(UNAVAILABLE, 1, true);
        const [version] = await store.commit([write]);
        expect(seen.calls).toBe(2);
        expect(await store.get('runs/a')).toMatchObject({ data: { n: 1 }, version });
        await store.close();
      });

      it('for want of a role is not sent again, and says which role', async () => {
        const store = open();
        const seen = failing(PERMISSION_DENIED, 99, false);
        await expect(store.commit([write])).rejects.toMatchObject({
          code: 'permission_denied',
          message: expect.stringContaining('roles/datastore.user'),
        });
        expect(seen.calls).toBe(1);
        await store.close();
      });
    });
  });
} else {
  it.skip('firestore: gcloud is missing, so the emulator suite is skipped', () => undefined);
}
