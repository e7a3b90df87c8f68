// tsc, and that it read every file: an include that matches nothing is silent.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const tsc = (...args) =>
  spawnSync(join(root, 'node_modules/.bin/tsc'), args, { cwd: root, encoding: 'utf8' });

const read = new Set(tsc('--listFilesOnly').stdout.split('\n'));
const unread = ['functions', 'shared', '.ci']
  .filter((top) => existsSync(join(root, top)))
  .flatMap((top) =>
    readdirSync(join(root, top), { recursive: true }).map((name) => join(root, top, name)),
  )
  .filter((file) => file.endsWith('.ts') && !file.includes('node_modules/'))
  .filter((file) => !read.has(file));
for (const file of unread) console.error(`tsc does not read ${file}: see include in tsconfig.json`);

const { stdout, stderr, status } = tsc('--noEmit', '--pretty', 'false');
process.stderr.write(stdout + stderr);
process.exitCode = status !== 0 || unread.length > 0 ? 1 : 0;
