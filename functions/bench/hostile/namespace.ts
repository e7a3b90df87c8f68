import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

import { AppError } from '../../../shared/core/errors.ts';

const run = promisify(execFile);
const INSIDE = '--inside-namespace';

/**
 * Every address is on `lo`, so whatever leaves reaches a listener here and nothing reaches the world. The pair of devices is for WebRTC,
 * which gathers nothing on a machine that has only `lo`.
 */
const SETUP = [
  'ip link set lo up',
  'ip link add rodex0 type veth peer name rodex1',
  'ip addr add 192.168.77.2/24 dev rodex0',
  'ip link set rodex0 up',
  'ip link set rodex1 up',
  'ip route add local 0.0.0.0/0 dev lo',
  'ip -6 route add local ::/0 dev lo',
].join(' && ');

/**
 * Runs this program again in a network namespace of its own, with every address on `lo`. Gives its exit status, or undefined when this
 * is that program.
 */
export async function inNamespace(args: readonly string[]): Promise<number | undefined> {
  if (args.includes(INSIDE)) {
    await run('sh', ['-c', SETUP]).catch((error: unknown) => {
      throw new AppError(
        'unsupported_platform',
        `the network namespace cannot be set up (iproute2's ip and veth devices are needed): ${(error as Error).message}`,
        { cause: error },
      );
    });
    return undefined;
  }
  const root = process.getuid?.() === 0;
  const child = spawn(
    'unshare',
    [root ? '-n' : '-Urn', '--', ...process.execArgv, ...process.argv.slice(0, 2)].concat(
      'hostile',
      args,
      INSIDE,
    ),
    { stdio: 'inherit' },
  );
  const stop = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.once('SIGINT', stop).once('SIGTERM', stop);
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(
        new AppError(
          'unsupported_platform',
          `unshare does not start (${error.message}); install util-linux, and allow user namespaces when this is not root`,
        ),
      ),
    );
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
