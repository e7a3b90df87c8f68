// The gate: every static check, each in turn, all of them even when one fails.
import { spawnSync } from 'node:child_process';
import { delimiter, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const CHECKS = {
  format: ['oxfmt', '--check', '--no-error-on-unmatched-pattern', '.'],
  lint: [
    'oxlint',
    '--type-aware',
    '--deny-warnings',
    'functions',
    'shared',
    '.ci',
    'vitest.config.ts',
  ],
  'lint-fixtures': ['node', '.ci/lint-fixtures.mjs'],
  types: ['node', '.ci/types.mjs'],
  imports: ['node', '.ci/imports/check.mjs'],
  unused: ['knip', '--no-progress'],
  workflows: ['node', '.ci/workflows.mjs'],
  lock: ['node', '.ci/complete-lock.mjs', '--check'],
  size: ['node', '.ci/file-size.mjs'],
  terraform: ['node', '.ci/terraform/check.mjs'],
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in CHECKS));
if (unknown.length > 0) {
  console.error(
    `no check called ${unknown.join(', ')}; there are: ${Object.keys(CHECKS).join(', ')}`,
  );
  process.exit(2);
}

const failed = [];
for (const [name, [command, ...args]] of Object.entries(CHECKS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = Date.now();
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`,
    },
  });
  if (error) console.error(error.message);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
  if (status !== 0) failed.push(name);
}
console.log(failed.length === 0 ? 'check: all passed' : `check: failed ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
