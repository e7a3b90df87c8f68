import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { BuildFile, substitutionProblems } from './build-resource.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const text = readFileSync(join(ROOT, 'cloudbuild.yaml'), 'utf8');
const file = BuildFile.parse(parse(text));

/** Mistakes that people make, each of which must be refused. */
const MISTAKES: readonly [string, string, string][] = [
  ['a key that is misspelt', 'machineType:', 'machinetype:'],
  ['a key of a step that is misspelt', '    script: |', '    scripts: |'],
  ['a timeout without its unit', 'timeout: 7200s', 'timeout: 7200'],
  ['a value that the service does not know', 'CLOUD_LOGGING_ONLY', 'CLOUD_LOGGING'],
  ['steps that are no list', 'steps:\n', 'steps:\n  - install\n  -\n'],
];

describe('cloudbuild.yaml', () => {
  it.each([
    ...MISTAKES,
    ['a script beside args', '    script: |', '    args: [x]\n    script: |'],
    ['two steps of one name', 'id: check', 'id: install'],
    ['a volume of one step', '{ name: tools, path: /tools }', '{ name: other, path: /tools }'],
  ])('would be refused with %s', (_mistake, from, to) => {
    const wrong = text.replace(from, to);
    expect(wrong).not.toBe(text);
    expect(BuildFile.safeParse(parse(wrong)).success).toBe(false);
  });

  it('uses no substitution that it does not declare', () => {
    expect(substitutionProblems(file, text)).toEqual([]);
    expect(substitutionProblems(file, `${text}# $_NOWHERE`)).toEqual([
      '_NOWHERE is used and declared nowhere',
    ]);
  });

  it('has every substitution explained for who starts it', () => {
    const runbook = readFileSync(join(ROOT, 'docs/runbooks/upgrade.md'), 'utf8');
    for (const name of Object.keys(file.substitutions ?? {})) expect(runbook).toContain(name);
  });

  it('pins each image that a step runs in by tag, by digest where it is known', () => {
    for (const { name } of file.steps)
      expect(name).toMatch(/^[\w./-]+:\d+\.\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?$/);
  });

  it('does all of it, in this order', () => {
    const order = 'install check test bundle sbom-packages image sbom-image sign release';
    expect(file.steps.map(({ id }) => id).join(' ')).toBe(order);
  });
});

/** A public JSON Schema of the same file; where one stands beside the checkout it is asked too, and nothing is missing without it. */
const besides = join(ROOT, '../shared/schemas/cloudbuild.schema.json');

if (existsSync(besides))
  describe('cloudbuild.yaml by the public schema', () => {
    const schema = z.fromJSONSchema(
      JSON.parse(readFileSync(besides, 'utf8')) as Parameters<typeof z.fromJSONSchema>[0],
    );

    it('passes', () => {
      expect(schema.safeParse(parse(text)).error).toBeUndefined();
    });

    it.each(MISTAKES)('would be refused with %s', (_mistake, from, to) => {
      expect(schema.safeParse(parse(text.replace(from, to))).success).toBe(false);
    });
  });
