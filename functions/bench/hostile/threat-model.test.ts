import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { allCases } from './all-cases.ts';
import { GROUPS } from './hostile-case.ts';
import { MUTATIONS } from './mutations.ts';

const ROOT = join(import.meta.dirname, '../../..');
const tests = new Set(
  globSync('{functions,shared,.ci}/**/*.test.ts', { cwd: ROOT }).map((path) => basename(path)),
);
const ids = allCases().map(({ id }) => id);

/** What a page about security names and nobody has. */
function missingIn(text: string): string[] {
  const named = (pattern: RegExp): string[] =>
    [...text.matchAll(pattern)].map(([, name = '']) => name);
  const groups: readonly string[] = GROUPS;
  return [
    ...named(/`([\w.-]+\.test\.ts)`/g).filter((name) => !tests.has(name)),
    ...named(/mutants? (`[^|]+`)/g)
      .flatMap((list) => list.replaceAll('`', '').split(', '))
      .filter((name) => !(name in MUTATIONS)),
    ...named(/--only ([\w,]+)/g)
      .flatMap((list) => list.split(','))
      .filter((name) => !groups.includes(name)),
    ...named(/--match ([\w,/-]+)/g)
      .flatMap((list) => list.split(','))
      .filter((part) => !ids.some((id) => id.includes(part))),
  ];
}

describe('docs/security/threat-model.md', () => {
  it('names tests, mutants and cases that there are', () => {
    expect(missingIn(readFileSync(join(ROOT, 'docs/security/threat-model.md'), 'utf8'))).toEqual(
      [],
    );
  });

  it('would be told if it did not', () => {
    expect(
      missingIn(
        '`gone.test.ts`, mutants `no-proxy`, `none` | `hostile -- --only nowhere`, --match platform/none',
      ),
    ).toEqual(['gone.test.ts', 'none', 'nowhere', 'platform/none']);
  });
});
