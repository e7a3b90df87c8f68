// Runs the demo in a copy of the checkout as somebody without rights, and watches the browser:
// neither the demo's output nor its own tests can tell whether Chromium kept its sandbox.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { browserProblems, watchBrowsers } from './watch-browsers.mjs';

const NOBODY = 65534;
const TIMEOUT_MS = 300_000;
const root = resolve(import.meta.dirname, '..');
const isRoot = process.getuid() === 0;
const place = mkdtempSync(join(tmpdir(), 'rodex-demo-'));

try {
  const checkout = copyCheckout();
  const { stdout, status, browsers } = await runDemo(checkout);
  const problems = [
    ...(status === 0 ? [] : [`the demo ended with ${status}`]),
    ...reportProblems(stdout),
    ...browserProblems(browsers),
  ];
  for (const problem of problems) console.error(`FAIL ${problem}`);
  if (problems.length === 0) console.log(`demo succeeded; ${browsers.length} browser processes`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(place, { recursive: true, force: true });
}

function copyCheckout() {
  const checkout = join(place, 'rodex');
  mkdirSync(checkout);
  for (const name of ['home', 'tmp']) mkdirSync(join(place, name));
  const list = 'git ls-files --cached --others --exclude-standard -z';
  const copy = `${list} | tar --create --null --files-from=- --ignore-failed-read | tar --extract --directory "$1"`;
  execFileSync('bash', ['-o', 'pipefail', '-c', copy, 'copy', checkout], {
    cwd: root,
    stdio: 'inherit',
  });
  execFileSync('cp', ['--archive', join(root, 'node_modules'), checkout]);
  if (isRoot) execFileSync('chown', ['--recursive', `${NOBODY}:${NOBODY}`, place]);
  chmodSync(place, 0o700);
  return checkout;
}

async function runDemo(cwd) {
  const demo = ['npm', 'run', '--silent', 'demo', '--', '--json'];
  const drop = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--'];
  const [command, ...args] = isRoot ? [...drop, ...demo] : demo;
  const child = spawn(command, args, {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      LANG: 'C.UTF-8',
      HOME: join(place, 'home'),
      TMPDIR: join(place, 'tmp'),
    },
  });
  const browsers = watchBrowsers(isRoot ? NOBODY : process.getuid(), place);
  const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), TIMEOUT_MS);
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  const status = await new Promise((done) => {
    child.on('error', (error) => done(error.message));
    child.on('close', (code, signal) => done(code ?? signal));
  });
  clearTimeout(timer);
  return { stdout, status, browsers: browsers.stop() };
}

function reportProblems(stdout) {
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    return [`stdout is not one JSON object: ${JSON.stringify(stdout.slice(0, 300))}`];
  }
  const problems = [];
  if (report?.status !== 'succeeded') problems.push(`status is ${report?.status}, not succeeded`);
  if (report?.audit?.verified !== true) problems.push('the audit was not verified');
  return problems;
}
