#!/usr/bin/env node
// Hands over to Node 24, which comes from npm with the package, and to the program: TypeScript in
// a checkout, compiled JavaScript in an installed package (Node strips no types in node_modules).
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NEEDED = 24;
const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const source = join(root, 'functions/cli/main.ts');
const program = existsSync(source) ? source : join(root, 'dist/functions/cli/main.js');

if (!existsSync(program)) {
  fail(
    `${program} is missing.`,
    'Reinstall the package; in a checkout, restore the file with git.',
  );
}
if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  process.argv[1] = program;
  if (!process.env.NODE_COMPILE_CACHE) module.enableCompileCache?.(cacheFolder());
  await import(pathToFileURL(program).href);
} else {
  handOver(findNode());
}

function findNode() {
  const require = module.createRequire(import.meta.url);
  try {
    const node = join(dirname(require.resolve('node/package.json')), 'bin/node');
    if (existsSync(node)) return node;
  } catch {
    // Told below, with its cure.
  }
  return fail(
    `Node ${process.versions.node} runs this, and Node ${NEEDED} was not installed beside it.`,
    'Install again with install scripts allowed (npm ci --include=dev), or use Node 24.',
  );
}

function handOver(node) {
  const child = spawn(node, [program, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: cacheFolder(), ...process.env },
  });
  // From a terminal, Ctrl-C reaches the child by itself: it shares our process group.
  // Passing it on a second time would look like an impatient second Ctrl-C.
  const fromTerminal = [0, 1, 2].some((fd) => isatty(fd));
  process.on('SIGINT', () => fromTerminal || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) =>
    fail(`Node ${NEEDED} did not start: ${error.message}`, 'Reinstall.'),
  );
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

function cacheFolder() {
  const base = process.env.XDG_CACHE_HOME || join(homedir() || `/tmp/${userInfo().uid}`, '.cache');
  return join(base, 'rodex/compile');
}

function fail(what, cure) {
  process.stderr.write(`rodex: ${what}\nrodex: ${cure}\n`);
  process.exit(1);
}
