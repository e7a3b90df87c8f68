// Releases what `npm run bundle` made and what the image step pushed: cloudbuild.yaml's last step, or a person.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { argv, env, exit, stderr, stdout } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { release, sendBack } from './release.ts';

/** Who is called before who calls. */
const ORDER = ['planner', 'triggers', 'scheduler', 'api'];
const root = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

function given(name: string): string {
  const value = env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set; see docs/runbooks/upgrade.md`);
  return value;
}

function bundled(): string[] {
  const names = readdirSync(join(root, 'bundles')).filter((name) => name !== 'executor');
  const unknown = names.filter((name) => !ORDER.includes(name));
  if (unknown.length > 0)
    throw new Error(`${unknown.join(', ')}: no place in the order of release`);
  return ORDER.filter((name) => names.includes(name));
}

async function main(): Promise<void> {
  const common = {
    project: given('PROJECT_ID'),
    region: given('_REGION'),
    gcloud: async (...words: readonly string[]) =>
      (await run('gcloud', words, { cwd: root, maxBuffer: 1 << 26 })).stdout,
    say: (line: string) => void stdout.write(`${line}\n`),
  };
  const [mode, ...pairs] = argv.slice(2);
  if (mode === '--back') return sendBack(pairs, common);
  if (mode !== undefined) throw new Error(`${mode}: there is --back NAME=REVISION… only`);
  await release({
    ...common,
    functions: bundled(),
    image: readFileSync(join(root, 'image.digest'), 'utf8').trim(),
    canaryPercent: Number(given('_CANARY_PERCENT')),
    watchMs: Number(given('_WATCH_SECONDS')) * 1_000,
    wait: async (ms) => delay(ms),
  });
}

main().catch((error: unknown) => {
  stderr.write(`release: ${(error as Error).message}\n`);
  exit(1);
});
