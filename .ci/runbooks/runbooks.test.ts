import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';

import { createProgram } from '../../functions/cli/program.ts';
import { readConfig } from '../../shared/core/config.ts';
import { commandsOf, type Told } from './commands.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');
const program = createProgram({
  config: readConfig,
  signal: new AbortController().signal,
  done: () => undefined,
});
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

/** What is wrong with a command of rodex; undefined: it exists, with these options. */
function wrongWith(told: Told): string | undefined {
  let command: Command = program;
  const rest = told.slice(1);
  for (let word = rest[0]; word !== undefined; word = rest[0]) {
    const sub = command.commands.find((each) => each.name() === word);
    if (!sub) break;
    command = sub;
    rest.shift();
  }
  const [first] = rest;
  if (command.commands.length > 0 && first !== undefined && !first.startsWith('-'))
    return `no command ${first}`;
  for (const word of rest.filter((each) => each.startsWith('--'))) {
    const flag = word.split('=')[0] ?? '';
    const known = command.options.some(({ long }) => long === flag);
    if (!known && !['--help', '--version'].includes(flag)) return `no option ${flag}`;
  }
  return undefined;
}

describe('commands that the documentation names', () => {
  it.each(PAGES)('exist: %s', (page) => {
    const wrong = commandsOf(read(page), 'rodex')
      .map((told): [string, string | undefined] => [told.join(' '), wrongWith(told)])
      .filter(([, why]) => why !== undefined);
    expect(wrong).toEqual([]);
    const npm = commandsOf(read(page), 'npm')
      .filter(([, verb]) => verb === 'run')
      .map((told) => told.find((word, at) => at > 1 && !word.startsWith('-')) ?? '');
    expect(npm.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('are many: this test sees them', () => {
    const told = PAGES.flatMap((page) => commandsOf(read(page), 'rodex'));
    expect(told.length).toBeGreaterThan(80);
    const runbooks = PAGES.filter((page) => page.startsWith('docs/runbooks/'));
    for (const page of runbooks) expect(commandsOf(read(page), 'rodex').length).toBeGreaterThan(0);
  });

  it('would be noticed where they do not exist', () => {
    const wrong = ['rodex rns', 'rodex audit verfy', 'rodex runs --state x', 'rodex deploy apply'];
    const page = wrong.map((line) => `\`npx ${line}\``).join('\n');
    expect(commandsOf(page, 'rodex').map(wrongWith)).toEqual([
      'no command rns',
      'no command verfy',
      'no option --state',
      'no command apply',
    ]);
  });
});
