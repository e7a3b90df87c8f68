// One offence per house rule of .oxlintrc.json: a rule that stops biting fails the gate.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const OFFENCES = [
  ['no-restricted-globals', 'shared/core/a.ts', 'export const a = process.env;'],
  ['no-restricted-globals', 'shared/core/b.ts', 'export const a = globalThis.process;'],
  ['no-restricted-properties', 'functions/api/main.ts', 'export const { env } = process;'],
  ['no-restricted-properties', 'functions/cli/a.ts', `export const a = process['env'];`],
  ['no-restricted-imports', 'functions/cli/b.ts', `export { env } from 'node:process';`],
  ['no-restricted-imports', 'functions/api/b.ts', `export { createRequire } from 'node:module';`],
  ['no-dynamic-require', 'shared/core/c.ts', 'export const a = await import(String(1));'],
  ['no-default-export', 'shared/core/d.ts', 'const a = 1;\nexport default a;'],
  ['no-console', 'shared/core/e.ts', 'export const a = 1;\nconsole.log(a);'],
  ['no-floating-promises', 'shared/core/f.ts', 'export const a = 1;\nPromise.resolve(a);'],
  // The import rules do not see this form.
  ['consistent-type-imports', 'shared/core/h.ts', `export type A = typeof import('./a.ts').a;`],
  ['no-explicit-any', 'shared/core/g.ts', 'export const a = (b: any): unknown => b;'],
];
const CLEAN = [
  ['shared/core/config.ts', 'export const home = process.env;\n'],
  ['functions/scheduler/main.ts', 'process.exitCode = 1;\nexport const a = 1;\n'],
];

const dir = mkdtempSync(join(tmpdir(), 'rodex-lint-'));
try {
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) {
    copyFileSync(join(root, name), join(dir, name));
  }
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  for (const [path, source] of [...CLEAN, ...OFFENCES.map(([, path, text]) => [path, text])]) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), source);
  }
  const args = ['--type-aware', '--format', 'unix', 'functions', 'shared'];
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/oxlint'), args, {
    cwd: dir,
    encoding: 'utf8',
  });
  const lines = stdout.split('\n');
  const reported = (rule, file) =>
    lines.some((line) => line.startsWith(`${file}:`) && line.includes(`(${rule})`));
  const missed = OFFENCES.filter(([rule, file]) => !reported(rule, file)).map(
    ([rule, file]) => `offence not reported: ${rule} in ${file}`,
  );
  const wrong = CLEAN.flatMap(([file]) => lines.filter((line) => line.startsWith(`${file}:`)));
  for (const problem of [...missed, ...wrong]) console.error(problem);
  console.log(`${OFFENCES.length} offences tried`);
  process.exitCode = missed.length + wrong.length > 0 ? 1 : 0;
} finally {
  rmSync(dir, { recursive: true });
}
