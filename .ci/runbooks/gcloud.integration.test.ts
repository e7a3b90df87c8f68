import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { hasGcloud } from '../../shared/emulators/gcloud-emulator.ts';
import { release } from '../release/release.ts';
import { commandsOf, type Told } from './commands.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** What a release asks, as it asks. */
async function askedByRelease(): Promise<readonly Told[]> {
  const asked: Told[] = [];
  await release({
    project: 'P',
    region: 'R',
    functions: ['api'],
    image: 'I',
    canaryPercent: 10,
    watchMs: 1,
    wait: async () => undefined,
    say: () => undefined,
    gcloud: async (...words) => {
      asked.push(['gcloud', ...words]);
      const traffic = [{ revisionName: `rodex-${asked.length}`, percent: 100 }];
      const status = { traffic, latestCreatedRevisionName: `rodex-new-${asked.length}` };
      return words.includes('read') ? '[]' : JSON.stringify({ status });
    },
  });
  return asked;
}

/** What gcloud says of a command; undefined: there is none. */
async function helpOf(group: string): Promise<string | undefined> {
  return new Promise((done) => {
    execFile('gcloud', [...group.split(' '), '--help'], { maxBuffer: 1 << 26 }, (error, stdout) =>
      done(error ? undefined : stdout),
    );
  });
}

/** The words before the first that is a value or an option. */
function groupOf(told: Told): readonly string[] {
  const end = told.findIndex((word, at) => at > 0 && !/^[a-z]+(-[a-z]+)*$/.test(word));
  const words = told.slice(1, end === -1 ? undefined : end);
  return words.filter((word) => !word.startsWith('rodex'));
}

if (!hasGcloud()) {
  it.skip('gcloud is missing, so its commands are not looked up', () => undefined);
} else {
  describe('commands of gcloud that runbooks, cloudbuild.yaml and releases name', () => {
    const options = new Map<string, Set<string>>();
    beforeAll(async () => {
      const runbooks = readdirSync(join(ROOT, 'docs/runbooks')).map(
        (name) => `docs/runbooks/${name}`,
      );
      const build = `\`\`\`\n${read('cloudbuild.yaml')
        .replaceAll(/\\\n\s*/g, '')
        .replaceAll(/^ +/gm, '')}\n\`\`\``;
      const told = [
        ...runbooks.flatMap((page) => commandsOf(read(page), 'gcloud')),
        ...commandsOf(build, 'gcloud'),
        ...(await askedByRelease()),
      ];
      for (const command of told) {
        const group = groupOf(command).join(' ');
        const own = options.get(group) ?? new Set();
        for (const word of command) if (word.startsWith('--')) own.add(word.split('=')[0] ?? '');
        options.set(group, own);
      }
    });

    it('exist, with the options that are given to them', { timeout: 300_000 }, async () => {
      expect(options.size).toBeGreaterThan(15);
      const wrong: string[] = [];
      const left = [...options];
      const look = async (): Promise<void> => {
        for (let next = left.pop(); next; next = left.pop()) {
          const [group, own] = next;
          const help = await helpOf(group);
          if (help === undefined) wrong.push(`gcloud ${group}`);
          else
            for (const option of own)
              if (!help.includes(option)) wrong.push(`gcloud ${group} ${option}`);
        }
      };
      // Each is a second of one core.
      await Promise.all([look(), look(), look()]);
      expect(wrong).toEqual([]);
      // A command that does not exist ends otherwise.
      expect(await helpOf('run servces')).toBeUndefined();
    });
  });

  describe('what gcloud uploads for a build', () => {
    const output = (command: string, ...words: string[]): string[] =>
      spawnSync(command, words, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 })
        .stdout.split('\n')
        .filter((line) => line !== '');

    it('is the checkout, and nothing that was made in it', { timeout: 60_000 }, () => {
      const uploaded = new Set(output('gcloud', 'meta', 'list-files-for-upload'));
      expect(uploaded.size).toBeGreaterThan(500);
      const tracked = output('git', 'ls-files').filter((name) => existsSync(join(ROOT, name)));
      expect(tracked.filter((name) => !uploaded.has(name))).toEqual([]);
      const made = /^(\.git|node_modules|bundles|dist|\.rodex)\/|^\.env$/;
      expect([...uploaded].filter((name) => made.test(name))).toEqual([]);
    });
  });
}
