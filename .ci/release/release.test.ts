import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { LOG_BUCKET, release, sendBack, type ReleaseOptions } from './release.ts';

/** Services and a worker pool, as gcloud tells of them. */
class Cloud {
  readonly asked: string[] = [];
  readonly split = new Map<string, string>();
  readonly latest = new Map<string, number>();
  /** Revisions whose log holds an error. */
  readonly ill = new Set<string>();
  /** Nobody says anything. */
  silent = false;
  /** Words of a call that fails. */
  failing = '\0';
  /** Names whose deployment changes nothing. */
  readonly same = new Set<string>();

  constructor(names: readonly string[]) {
    for (const name of names) {
      this.latest.set(name, 1);
      this.split.set(name, `${name}-1=100`);
    }
  }

  readonly gcloud = async (...words: readonly string[]): Promise<string> => {
    const line = words.join(' ');
    this.asked.push(line);
    if (line.includes(this.failing)) throw new Error(`told to fail: ${line}`);
    const name = words.find((word) => /^rodex-\w+$/.test(word)) ?? '';
    if (words.includes('describe')) return JSON.stringify({ status: this.#status(name, words) });
    if (words.includes('read'))
      return JSON.stringify(
        line.includes('severity>=DEFAULT')
          ? this.silent
            ? []
            : [{}]
          : [...this.ill].some((revision) => line.includes(`"${revision}"`))
            ? [{ jsonPayload: { message: 'planner does not go on' } }]
            : [],
      );
    const to = words.find((word) => word.startsWith('--to-'));
    if (to === '--to-latest') this.split.set(name, 'latest');
    else if (to) this.split.set(name, to.replace('--to-revisions=', ''));
    else if (!this.same.has(name)) this.latest.set(name, (this.latest.get(name) ?? 0) + 1);
    return '';
  };

  #status(name: string, words: readonly string[]): object {
    const shares = (this.split.get(name) ?? '').split(',').map((share) => {
      const [revisionName, percent] = share.split('=');
      return { revisionName, percent: Number(percent) };
    });
    return {
      latestCreatedRevisionName: `${name}-${this.latest.get(name)}`,
      [words.includes('worker-pools') ? 'instanceSplits' : 'traffic']: shares,
    };
  }
}

const NAMES = ['rodex-executor', 'rodex-planner', 'rodex-api'];

const released = async (cloud: Cloud): Promise<readonly string[]> => {
  const said: string[] = [];
  const options: ReleaseOptions = {
    project: 'p',
    region: 'r',
    functions: ['planner', 'api'],
    image: 'r-docker.pkg.dev/p/rodex/executor@sha256:1',
    canaryPercent: 10,
    watchMs: 300_000,
    gcloud: cloud.gcloud,
    wait: async () => void said.push(`waited while ${cloud.split.get('rodex-api')}`),
    say: (line) => void said.push(line),
  };
  await release(options);
  return said;
};

describe('a release', () => {
  it('gives new revisions a share, watches them, then gives them everything', async () => {
    const cloud = new Cloud(NAMES);
    const said = await released(cloud);
    expect([...cloud.split.values()]).toEqual(['latest', 'latest', 'latest']);
    expect(said).toContain('waited while rodex-api-2=10,rodex-api-1=90');
    expect(said.at(-1)).toContain(
      '--back rodex-executor=rodex-executor-1 rodex-planner=rodex-planner-1 rodex-api=rodex-api-1',
    );
    const deployed = cloud.asked.findIndex((line) => line.startsWith('functions deploy rodex-api'));
    const pinned = cloud.asked.findIndex((line) => line.includes('rodex-api-1=100'));
    expect(pinned).toBeGreaterThan(-1);
    expect(pinned).toBeLessThan(deployed);
  });

  it.each([
    [
      'a new revision writes errors',
      { ill: 'rodex-planner-2', failing: '\0' },
      /rodex-planner-2 writes errors/,
    ],
    ['a deployment fails', { ill: '', failing: 'functions deploy rodex-api' }, /told to fail/],
    ['the split fails', { ill: '', failing: 'rodex-planner-2=10' }, /told to fail/],
  ])('goes back everywhere when %s', async (_when, { ill, failing }, message) => {
    const cloud = new Cloud(NAMES);
    if (ill) cloud.ill.add(ill);
    cloud.failing = failing;
    await expect(released(cloud)).rejects.toThrow(message);
    expect([...cloud.split]).toEqual(NAMES.map((name) => [name, `${name}-1=100`]));
  });

  it('does not let one that cannot go back keep the others from it', async () => {
    const cloud = new Cloud(NAMES);
    cloud.ill.add('rodex-api-2');
    const { gcloud } = cloud;
    let pool = 0;
    const stubborn = Object.assign(Object.create(cloud) as Cloud, {
      gcloud: async (...words: readonly string[]) => {
        if (words.includes('--to-revisions=rodex-executor-1=100') && (pool += 1) === 2)
          throw new Error('busy');
        return gcloud(...words);
      },
    });
    await expect(released(stubborn)).rejects.toThrow('rodex-api-2 writes errors');
    expect(cloud.split.get('rodex-api')).toBe('rodex-api-1=100');
    expect(cloud.split.get('rodex-planner')).toBe('rodex-planner-1=100');
  });

  it('touches nothing when something is not deployed yet', async () => {
    const cloud = new Cloud(NAMES.slice(0, 2));
    await expect(released(cloud)).rejects.toThrow('rodex-api serves no revision');
    expect(cloud.asked.filter((line) => !line.includes(' describe '))).toEqual([]);
  });

  it('looks at the logs while it waits, where Terraform puts them, and goes back at the first error', async () => {
    const cloud = new Cloud(NAMES);
    cloud.ill.add('rodex-api-2');
    await expect(released(cloud)).rejects.toThrow('rodex-api-2 writes errors');
    expect(cloud.split.get('rodex-api')).toBe('rodex-api-1=100');
    // Of ten looks in five minutes, the first was enough.
    const looks = cloud.asked.filter(
      (line) => line.includes('rodex-api-2') && line.includes(' read '),
    );
    expect(looks).toHaveLength(1);
    expect(looks[0]).toContain('--bucket=rodex --location=r --view=_AllLogs');
    const logs = readFileSync(
      resolve(import.meta.dirname, '../../terraform/modules/logs/main.tf'),
      'utf8',
    );
    expect(/bucket_id\s+= "(\w+)"/.exec(logs)?.[1]).toBe(LOG_BUCKET);
  });

  it('says of a revision without work that nothing is known of it', async () => {
    const cloud = new Cloud(NAMES);
    cloud.silent = true;
    expect((await released(cloud)).join()).toContain('rodex-api-2 said nothing');
    expect((await released(new Cloud(NAMES))).join()).not.toContain('said nothing');
  });

  it('leaves alone what did not change', async () => {
    const cloud = new Cloud(NAMES);
    cloud.same.add('rodex-planner');
    await released(cloud);
    expect(cloud.asked.filter((line) => line.includes('rodex-planner-1=10,'))).toEqual([]);
    expect(cloud.split.get('rodex-planner')).toBe('latest');
  });

  it('goes back by hand, to revisions of that name only', async () => {
    const cloud = new Cloud(NAMES);
    const options = { project: 'p', region: 'r', gcloud: cloud.gcloud, say: () => undefined };
    await sendBack(['rodex-api=rodex-api-7', 'rodex-executor=rodex-executor-3'], options);
    expect(cloud.asked).toEqual([
      'run services update-traffic rodex-api --to-revisions=rodex-api-7=100 --region=r --project=p --quiet',
      'beta run worker-pools update-instance-split rodex-executor --to-revisions=rodex-executor-3=100 --region=r --project=p --quiet',
    ]);
    for (const wrong of ['rodex-api', 'rodex-api=rodex-planner-1', 'api=api-1'])
      await expect(sendBack([wrong], options)).rejects.toThrow('give rodex-NAME=REVISION');
  });
});
