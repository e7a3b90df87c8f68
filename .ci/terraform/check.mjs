// Terraform without a provider: formatting (where the binary is), syntax, schema, references; and the proof that each still bites.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { readSchema } from './check-schema.mjs';
import { checkTree } from './check-tree.mjs';
import { MISTAKES, SOUND } from './fixtures.mjs';
import { APPLIED, digestOfSources } from './sources.mjs';

const root = resolve(import.meta.dirname, '../../terraform');
const schema = readSchema();
const problems = [];

const { modules, problems: found } = await checkTree(root, schema);
const things = [...modules.values()].reduce((sum, each) => sum + each.things.length, 0);
if (things === 0) problems.push('no resource was read: is terraform/ there?');
problems.push(...found, ...checkFormat(), ...checkApplied());

for (const problem of await reportedOn(SOUND))
  problems.push(`the sound fixture is reported: ${problem}`);
for (const { what, file, from, to, said } of MISTAKES) {
  const text = SOUND[file].replace(from, () => to);
  if (text === SOUND[file]) problems.push(`fixture "${what}" changes nothing`);
  const reported = await reportedOn({ ...SOUND, [file]: text });
  if (!reported.some((problem) => said.test(problem)))
    problems.push(`mistake not reported: ${what} (${reported.join('; ') || 'nothing was'})`);
}

for (const problem of problems) console.error(problem);
console.log(`${modules.size} modules, ${things} resources, ${MISTAKES.length} mistakes tried`);
process.exitCode = problems.length > 0 ? 1 : 0;

async function reportedOn(files) {
  const dir = mkdtempSync(join(tmpdir(), 'rodex-terraform-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), text);
    }
    return (await checkTree(dir, schema)).problems;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Tests compare with what was applied; nobody can see from that file alone whether it is of these sources. */
function checkApplied() {
  const { digest } = JSON.parse(readFileSync(APPLIED, 'utf8'));
  if (digest === digestOfSources()) return [];
  return [
    'applied.json is not of these sources: run `node .ci/terraform/apply-offline.ts` (needs terraform 1.11, no account and no network)',
  ];
}

function checkFormat() {
  const format = (input, ...args) =>
    spawnSync('terraform', ['fmt', ...args], { input, encoding: 'utf8' });
  const { error, status, stdout, stderr } = format(
    undefined,
    '-check',
    '-recursive',
    '-list=true',
    root,
  );
  if (error?.code === 'ENOENT') {
    console.log('terraform is not here: formatting was not looked at');
    return [];
  }
  if (format('a   = 1\n', '-check', '-').status === 0)
    return ['terraform fmt -check passes anything'];
  if (status === 0) return [];
  return [
    `not formatted (terraform fmt -recursive terraform): ${(stdout || stderr).trim().replaceAll('\n', ', ')}`,
  ];
}
