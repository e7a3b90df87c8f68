import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

import { AppError } from '../core/errors.ts';

export type EmulatorName = 'firestore' | 'pubsub';

export interface Emulator {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** The process group of gcloud and the program that it started. */
  readonly processGroup: number;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

const COMPONENT = { firestore: 'cloud-firestore-emulator', pubsub: 'pubsub-emulator' } as const;
const COMMAND = {
  firestore: ['emulators', 'firestore', 'start'],
  pubsub: ['beta', 'emulators', 'pubsub', 'start', '--project=demo-rodex'],
} as const;
const STARTED = { firestore: /is now running/, pubsub: /Server started, listening on/ } as const;

export function hasGcloud(): boolean {
  return spawnSync('gcloud', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** One that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return typeof address === 'object' && address ? address.port : 0;
}

/** Google's own emulator, empty, on 127.0.0.1; it ends with this process' call of `close`. Errors: `unsupported_platform` with the cure. */
export async function startEmulator(name: EmulatorName, port?: number): Promise<Emulator> {
  const host = `127.0.0.1:${port ?? (await freePort())}`;
  // gcloud is a wrapper around the program that serves: only a process group of its own ends both.
  const command = ['METADATA_SERVER_DETECTION=none', 'gcloud', ...COMMAND[name]];
  const child = spawn('env', [...command, `--host-port=${host}`], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  const close = async (): Promise<void> => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    await ended;
  };
  const said: string[] = [];
  const started = new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    createInterface({ input: child.stderr })
      .on('line', (line) => {
        if (said.length < 100) said.push(line);
        if (STARTED[name].test(line)) resolve(true);
      })
      .on('close', () => resolve(false));
  });
  if (!(await started)) {
    await close();
    throw new AppError(
      'unsupported_platform',
      `the ${name} emulator did not start; install it: gcloud components install beta ${COMPONENT[name]}\n${said.join('\n')}`,
    );
  }
  return { host, processGroup: child.pid ?? 0, ended, close };
}
