import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');
const place = mkdtempSync(join(tmpdir(), 'rodex-bin-'));
const bin = (name: string): string => join(place, 'functions/cli/bin', name);

// A program that tells what reached it, and that takes a while to end when told to.
const PROGRAM = `
const [word, status]: string[] = process.argv.slice(2);
let signals = 0;
process.on('SIGTERM', () => { signals += 1; setTimeout(() => { console.log('signals', signals); process.exit(7); }, 200); });
if (word === 'wait') { setInterval(() => {}, 1000); console.log('ready'); }
else { console.log(word, process.versions.node.split('.')[0]); process.exitCode = Number(status); }
`;

beforeAll(() => {
  mkdirSync(join(place, 'functions/cli'), { recursive: true });
  cpSync(join(root, 'functions/cli/bin'), join(place, 'functions/cli/bin'), { recursive: true });
  cpSync(join(root, 'package.json'), join(place, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'));
  writeFileSync(join(place, 'functions/cli/main.ts'), PROGRAM);
});

afterAll(() => rmSync(place, { recursive: true }));

/** Makes a program believe in another Node, or another machine. */
function pretend(property: string, value: string): string[] {
  const code = `Object.defineProperty(process, '${property}', { value: ${value} })`;
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
}

describe.each([
  ['on Node 24, in the same process', []],
  ['on Node 20, through the Node 24 of npm', pretend('versions', `{ node: '20.1.0' }`)],
])('rodex %s', (_, flags) => {
  test('passes arguments and the exit status', () => {
    const run = spawnSync(process.execPath, [...flags, bin('rodex.mjs'), 'hello', '5'], {
      encoding: 'utf8',
    });
    expect(run.stdout).toBe('hello 24\n');
    expect(run.status).toBe(5);
  });

  test('passes SIGTERM once and waits for the end', async () => {
    const child = spawn(process.execPath, [...flags, bin('rodex.mjs'), 'wait']);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output === '') child.kill('SIGTERM');
      output += text;
    });
    const [status] = (await once(child, 'close')) as [number];
    expect(output).toBe('ready\nsignals 1\n');
    expect(status).toBe(7);
  });
});

describe('bootstrap', () => {
  const refuse = (flags: string[]): string => {
    const run = spawnSync(process.execPath, [...flags, bin('bootstrap.mjs')], { encoding: 'utf8' });
    expect(run.status).toBe(1);
    expect(run.stdout).toBe('');
    return run.stderr;
  };

  test('refuses a Node that is too old and names the cure', () => {
    expect(refuse(pretend('versions', `{ node: '18.20.0' }`))).toMatch(/too old.*\n.*Node 20/);
  });

  test('refuses a machine without a Chromium and names the cure', () => {
    expect(refuse(pretend('platform', `'darwin'`))).toMatch(/Linux x64.*\n.*container/);
  });

  test('says nothing where everything is installed', () => {
    cpSync(join(root, 'package-lock.json'), join(place, 'package-lock.json'));
    const output = execFileSync(process.execPath, [bin('bootstrap.mjs')], { encoding: 'utf8' });
    expect(output).toBe('');
  });

  test('names the cure when npm cannot install', () => {
    rmSync(join(place, 'node_modules'));
    const lone = spawnSync(process.execPath, [bin('bootstrap.mjs')], {
      encoding: 'utf8',
      env: { PATH: '/nonexistent' },
    });
    expect(lone.status).toBe(1);
    expect(lone.stderr).toMatch(/npm did not start.*\n.*Install npm/);
  });
});
