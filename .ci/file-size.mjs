// A file past 300 lines wants a reason, written here.
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const LIMIT = 300;
const REASONS = {
  'shared/artifacts/cloud-storage-artifact-store.ts': 'one class, one method for each of the port',
  'shared/audit/__fixtures__/damages.ts': 'a list: every kind of damage, side by side',
  'functions/executor/observe/walk.ts': 'one function, serialised into the page: it cannot import',
};

const problems = [];
const long = new Set();
for (const top of ['functions', 'shared', '.ci']) {
  for (const name of readdirSync(join(root, top), { recursive: true })) {
    const file = `${top}/${name}`;
    if (!/\.(ts|mjs)$/.test(file) || file.includes('node_modules/')) continue;
    const lines = readFileSync(join(root, file), 'utf8').split('\n').length - 1;
    if (lines <= LIMIT) continue;
    long.add(file);
    if (!(file in REASONS)) {
      problems.push(`${file} has ${lines} lines: split it, or give a reason in .ci/file-size.mjs`);
    }
  }
}
for (const file of Object.keys(REASONS)) {
  if (!long.has(file)) problems.push(`${file} no longer needs its reason in .ci/file-size.mjs`);
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
