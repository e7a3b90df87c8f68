import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { env } from 'node:process';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { BuildFile } from './build-resource.ts';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');
const { steps } = BuildFile.parse(parse(readFileSync(join(ROOT, 'cloudbuild.yaml'), 'utf8')));

/** Each step is run here, or there is a reason. */
const HERE = ['install', 'bundle', 'sbom-packages'];
/** The gate itself, from a clean clone: minutes, and it runs beside this anyway. LONG_TESTS=1. */
const LONG = ['check', 'test'];
const ELSEWHERE: Readonly<Record<string, string>> = {
  image: 'needs a Docker engine; .ci/image follows the Dockerfile without one',
  'sbom-image': 'asks Artifact Registry',
  sign: 'asks Cloud KMS',
  release: 'asks Cloud Run; .ci/release is tested on a stand-in',
};

const isClone = spawnSync('git', ['rev-parse', '--git-dir'], { cwd: ROOT }).status === 0;

if (!isClone) {
  it.skip('unable here: build steps are not run from a clean clone, because this is none', () =>
    undefined);
} else {
  describe('the steps of cloudbuild.yaml, in order, from a clean clone', () => {
    let place = '';
    let clone = '';
    beforeAll(async () => {
      place = await mkdtemp(join(tmpdir(), 'rodex-build-'));
      clone = join(place, 'workspace');
      await run('git', ['clone', '--quiet', ROOT, clone]);
    });
    afterAll(async () => rm(place, { recursive: true, force: true }));

    const wanted = env['LONG_TESTS'] ? [...HERE, ...LONG] : HERE;
    for (const { id = '', script = '', env: own = [] } of steps.filter(({ id: name = '' }) =>
      wanted.includes(name),
    ))
      it(`${id} passes`, { timeout: 1_800_000 }, async () => {
        const given = Object.fromEntries(own.map((each) => each.split(/=(.*)/s).slice(0, 2)));
        // Programs of the machine, none of this checkout.
        const path = (env['PATH'] ?? '')
          .split(':')
          .filter((each) => !each.includes('node_modules'));
        await run('bash', ['-c', script], {
          cwd: clone,
          maxBuffer: 1 << 28,
          env: { HOME: env['HOME'], PATH: path.join(':'), ...given, TOOLS: join(place, 'tools') },
        });
      });

    it('leave what the later ones take', () => {
      for (const name of ['planner', 'triggers', 'scheduler', 'api', 'executor'])
        expect(statSync(join(clone, 'bundles', name, 'index.mjs')).size).toBeGreaterThan(10_000);
      const sbom = JSON.parse(readFileSync(join(clone, 'sbom.json'), 'utf8')) as {
        components: { name: string }[];
      };
      const names = sbom.components.map(({ name }) => name);
      expect(names).toContain('playwright-core');
      // What only development needs is not shipped.
      expect(names).not.toContain('vitest');
      const version = spawnSync(join(place, 'tools/bin/npm'), ['--version'], { encoding: 'utf8' });
      expect(version.stdout).toMatch(/^\d+\./);
      expect(existsSync(join(clone, 'node_modules/node/bin/node'))).toBe(true);
    });
  });

  it('are all run here, or there is a reason', () => {
    const known = [...HERE, ...LONG, ...Object.keys(ELSEWHERE)];
    expect(steps.map(({ id }) => id).toSorted()).toEqual(known.toSorted());
  });
}
