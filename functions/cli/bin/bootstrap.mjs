#!/usr/bin/env node
// Runs before every npm script, on whatever Node there is: says what is wrong before anything
// stranger does. Plain JavaScript for old Nodes; talks on stderr only, for stdout is data.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const say = (text) => process.stderr.write(`rodex: ${text}\n`);

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  fail(`Node ${process.versions.node} is too old.`, 'Install Node 20 or later and try again.');
}
if (process.platform !== 'linux' || process.arch !== 'x64') {
  fail(
    `${process.platform} ${process.arch} has no Chromium in npm; Rodex runs on Linux x64.`,
    'Use a Linux x64 machine, or a container: docker run --platform linux/amd64.',
  );
}
if (isStale()) install();

// By content, not by time: git and npm write the two lock files in any order.
function isStale() {
  const wanted = readPackages('package-lock.json');
  if (wanted === undefined) return false;
  const installed = readPackages('node_modules/.package-lock.json');
  if (installed === undefined || !existsSync(join(root, 'node_modules/.bin/node'))) return true;
  return Object.entries(wanted).some(([path, { version, optional }]) => {
    if (path === '' || (optional && !installed[path])) return false;
    return !installed[path] || installed[path].version !== version;
  });
}

function readPackages(name) {
  const file = join(root, name);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined;
}

function install() {
  say('installing dependencies (npm ci), about a minute the first time …');
  const started = Date.now();
  // npm's own output goes to stderr as well (fd 2 twice).
  const npm = spawnSync('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (npm.error) fail(`npm did not start: ${npm.error.message}`, 'Install npm and try again.');
  if (npm.status !== 0) {
    fail(
      `npm ci failed with status ${npm.status ?? npm.signal}.`,
      'Read its message above. Without a network, point npm at a registry you can reach (npm config set registry URL); for "permission denied", make this folder yours.',
    );
  }
  if (!existsSync(join(root, 'node_modules/.bin/node'))) {
    fail(
      'the npm package "node" has no binary.',
      'Its install script was blocked: run npm ci without --ignore-scripts.',
    );
  }
  say(`installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

function fail(what, cure) {
  say(what);
  say(cure);
  process.exit(1);
}
