// Runs vitest and then counts: an empty project, and in CI any skip, is a failure.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

const PROJECTS = ['unit', 'wire', 'contract', 'integration', 'e2e'];
const root = resolve(import.meta.dirname, '..');
const filters = process.argv.slice(2);
const isSet = (value) => value !== undefined && !['', '0', 'false'].includes(value);
const strict = isSet(process.env.CI) || isSet(process.env.REQUIRE_EMULATORS);
const path = `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`;
const problems = [];

const hasGcloud = spawnSync('gcloud', ['--version'], { stdio: 'ignore' }).status === 0;
if (!hasGcloud && strict) {
  finish({ passed: 0, failed: 0, skipped: [] }, [
    'gcloud is missing and the emulator suites are required: install the Google Cloud CLI with cloud-firestore-emulator and pubsub-emulator, or unset CI and REQUIRE_EMULATORS',
  ]);
}
if (!hasGcloud) console.log('gcloud is missing: emulator suites are skipped');

const dir = mkdtempSync(join(tmpdir(), 'rodex-test-'));
const file = join(dir, 'counts.json');
const args = ['run', '--reporter=default', '--reporter=./.ci/test-count.ts', ...filters];
const { status } = spawnSync('vitest', args, {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: path, RODEX_TEST_COUNTS: file },
});
const counts = readCounts();
rmSync(dir, { recursive: true });

if (filters.length === 0) {
  const empty = PROJECTS.filter((name) => !counts.projects[name]);
  for (const name of empty) problems.push(`the test project "${name}" ran no test`);
}
/** What a machine without the rights or the programs for it cannot run says so by its name; it is told, and fails nothing. */
const unable = (name) => name.includes(' > unable here: ');
for (const name of counts.skipped.filter(unable)) console.log(`SKIPPED ${name}`);
if (strict)
  for (const name of counts.skipped.filter((name) => !unable(name)))
    problems.push(`skipped where all must run: ${name}`);
if (status !== 0 && counts.failed === 0) problems.push(`vitest ended with status ${status}`);
finish(counts, problems);

function readCounts() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: [], projects: {} };
  }
}

function finish({ passed, failed, skipped }, found) {
  for (const problem of found) console.error(`FAIL ${problem}`);
  const total = failed + found.length;
  const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : '';
  console.log(`${passed} passed, ${total} failed${tail}`);
  process.exit(total === 0 ? 0 : 1);
}
