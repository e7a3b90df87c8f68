// Compiles to dist/ what the package ships: JavaScript, declarations and the files that code reads.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');
const NOT_ASSETS =
  /\.(ts|mjs|md)$|Dockerfile$|__fixtures__|^functions\/(bench|cli\/bin)\/|^shared\/testing\//;

rmSync(dist, { recursive: true, force: true });
const tsc = join(root, 'node_modules/.bin/tsc');
const { status } = spawnSync(tsc, ['--project', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) process.exit(1);

const assets = ['functions', 'shared'].flatMap((top) =>
  readdirSync(join(root, top), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((file) => !NOT_ASSETS.test(file)),
);
for (const file of assets) {
  mkdirSync(dirname(join(dist, file)), { recursive: true });
  cpSync(join(root, file), join(dist, file));
}
// Code finds the version at the same relative place in a checkout and in dist/.
cpSync(join(root, 'package.json'), join(dist, 'package.json'));
console.log(`dist: compiled, ${assets.length} assets copied`);
