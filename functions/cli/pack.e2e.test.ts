import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
};
const elsewhere = mkdtempSync(join(tmpdir(), 'rodex-pack-'));
let files: string[] = [];

beforeAll(() => {
  const [packed] = JSON.parse(npm(root, 'pack', '--json', '--pack-destination', elsewhere)) as {
    filename: string;
    files: { path: string }[];
  }[];
  if (packed === undefined) throw new Error('npm pack packed nothing');
  files = packed.files.map((file) => file.path);
  writeFileSync(join(elsewhere, 'package.json'), '{"private":true,"type":"module"}');
  npm(elsewhere, 'install', '--prefer-offline', join(elsewhere, packed.filename));
}, 300_000);

afterAll(() => rmSync(elsewhere, { recursive: true }));

test('ships compiled code and no source or test', () => {
  const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
  expect(sources).toEqual([]);
  expect(files.filter((file) => /\.test\.|shared\/testing|functions\/bench/.test(file))).toEqual(
    [],
  );
  expect(files).toContain('LICENSE');
});

test('runs its command from an empty folder', () => {
  expect(run(elsewhere, 'npx', ['--no-install', 'rodex', '--version']).trim()).toBe(version);
});

test('offers its client as rodex/client', () => {
  const code = `import { createClient } from 'rodex/client'; console.log(typeof createClient);`;
  expect(run(elsewhere, process.execPath, ['--input-type=module', '--eval', code]).trim()).toBe(
    'function',
  );
});

function npm(cwd: string, ...args: string[]): string {
  return run(cwd, 'npm', [...args, '--no-audit', '--no-fund']);
}

// As a stranger would: neither this checkout's Node 24 nor what the outer npm exports.
function run(cwd: string, command: string, args: string[]): string {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(package|lifecycle|config_local_prefix|execpath)|INIT_CWD|NODE_PATH)/.test(name),
  );
  const path = (process.env.PATH ?? '').split(delimiter);
  const env = {
    ...Object.fromEntries(inherited),
    PATH: path.filter((folder) => !folder.includes('node_modules')).join(delimiter),
  };
  return execFileSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
