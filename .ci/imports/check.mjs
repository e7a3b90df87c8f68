// The import rules, and the proof that they still bite.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { findViolations } from './cruise.mjs';
import { STUBS, VIOLATIONS } from './fixtures.mjs';
import { DOORS } from './rooms.mjs';
import { RULES } from './rules.mjs';

/** Packages that cannot be imported by their name alone. */
const ENTRIES = { '@modelcontextprotocol/sdk': '@modelcontextprotocol/sdk/types.js' };

const root = resolve(import.meta.dirname, '../..');
const problems = [...(await checkTree()), ...(await checkFixtures())];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

async function checkTree() {
  const { files, dependencies, violations } = await findViolations(root);
  console.log(`${files} files, ${dependencies} imports, ${RULES.length} rules`);
  return violations.map(({ rule, text }) => `${rule}: ${text}`);
}

async function checkFixtures() {
  const dir = mkdtempSync(join(tmpdir(), 'rodex-imports-'));
  try {
    const expected = [...VIOLATIONS, ...doorFixtures()];
    for (const [path, source] of Object.entries(STUBS)) put(dir, path, source);
    for (const [, path, source] of expected) put(dir, path, source);
    symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
    const { violations } = await findViolations(dir);
    return compare(expected, violations);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

// Every door is tried from the journal, which has none.
function doorFixtures() {
  return Object.keys(DOORS).map((name) => {
    const slug = name.replaceAll(/[@/]/g, '-').replace(/^-/, '');
    const room = name === 'zod' ? 'runs' : 'journal';
    return [
      `door-${slug}`,
      `shared/${room}/door-${slug}.ts`,
      `import '${ENTRIES[name] ?? name}';\n`,
    ];
  });
}

function compare(expected, violations) {
  const has = (rule, file) => violations.some((v) => v.rule === rule && v.file === file);
  const missed = expected
    .filter(([rule, file]) => !has(rule, file))
    .map(([rule, file]) => `fixture not reported: ${rule} on ${file}`);
  const untried = RULES.map((rule) => rule.name)
    .filter((name) => !expected.some(([rule]) => rule === name))
    .filter((name) => !name.startsWith('tests-'))
    .map((name) => `no fixture tries rule ${name}: add one to .ci/imports/fixtures.mjs`);
  const wrong = violations
    .filter((v) => v.file in STUBS)
    .map((v) => `clean fixture reported: ${v.rule} on ${v.text}`);
  return [...missed, ...untried, ...wrong];
}

function put(dir, path, source) {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), source);
}
