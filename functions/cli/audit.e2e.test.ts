import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { TaskContract } from '../../shared/contracts/task-contract.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { RunJournal } from '../../shared/journal/run-journal.ts';
import { openEmbeddedPlatform } from '../../shared/platform/embedded-platform.ts';
import { ProgramProcess, type Finished } from '../../shared/testing/program-process.ts';

const CLI = 'functions/cli/main.ts';
const SAID = 'Sentinel-4711-that-must-vanish';
const runId = (n: number): string => `run_${String(n).padStart(20, '0')}`;
let root = '';
let dataDir = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rodex-audit-'));
  dataDir = join(root, 'data');
});
afterAll(() => rm(root, { recursive: true, force: true }));

const rodex = async (...args: string[]): Promise<Finished> =>
  new ProgramProcess(CLI, args, { RODEX_DATA_DIR: dataDir }).finished;
const json = <T>({ stdout }: Finished): T => JSON.parse(stdout) as T;

async function playRun(n: number): Promise<void> {
  const platform = await openEmbeddedPlatform(dataDir);
  const deps = { ...platform, log: silentLogger };
  const journal = await RunJournal.create(deps, 'user:ada', 'local', runId(n), {
    type: 'run.created',
    goal: SAID,
    inputs: {},
    labels: {},
    contract: TaskContract.parse({ navigate: ['https://portal.example'] }),
  });
  await journal.append(() => [{ type: 'run.ended', status: 'succeeded', result: SAID }]);
  await platform.artifacts.put('local', runId(n), 'page.txt', Buffer.from(SAID), {
    mediaType: 'text/plain',
  });
  await platform.close();
}

async function filesWith(text: string, dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true }))
    if (entry.isFile() && (await readFile(join(entry.parentPath, entry.name))).includes(text))
      found.push(entry.name);
  return found;
}

it('signs, exports, verifies offline, proves to a third party, notices, and erases', async () => {
  await playRun(1);
  await playRun(2);
  const folder = join(root, 'export');
  const exported = await rodex('audit', 'export', '--out', folder, '--json');
  expect(exported.code, exported.stderr).toBe(0);
  const { key, size } = json<{ key: string; size: number }>(exported);
  expect(json(await rodex('audit', 'key', '--json'))).toEqual({ key });

  const offline = ['audit', 'verify', '--export', folder, '--key', key];
  const good = await rodex(...offline);
  expect(good.code, good.stdout + good.stderr).toBe(0);
  expect(good.stdout).toMatch(new RegExp(`OK .*size ${size}  root \\S{44}`));
  expect(good.stdout).toContain('freshness: unknown');
  const name = `${String(size).padStart(12, '0')}.checkpoint`;
  const kept = join(root, 'kept.checkpoint');
  await writeFile(kept, await readFile(join(folder, 'local', name)));
  expect((await rodex(...offline, '--since', kept)).stdout).toContain('not older than');

  const proof = join(root, 'proof.json');
  const proved = await rodex('audit', 'prove', `${runId(1)}/1`, '--json');
  await writeFile(proof, proved.stdout);
  const script = spawnSync(process.execPath, ['docs/security/verify-audit.mjs', proof, key], {
    encoding: 'utf8',
  });
  expect(script.stdout + script.stderr).toMatch(/^PROVED: entry 1 of run_0{19}1 \(run\.ended\)/);

  // Later, against the checkpoint that was kept.
  await playRun(3);
  expect((await rodex('audit', 'export', '--out', folder)).code).toBe(0);
  await writeFile(proof, (await rodex('audit', 'prove', '--earlier', String(size))).stdout);
  const grown = spawnSync(process.execPath, ['docs/security/verify-audit.mjs', proof, key, kept], {
    encoding: 'utf8',
  });
  expect(grown.stdout + grown.stderr).toMatch(
    new RegExp(`^PROVED: the log of size ${size} is the beginning of that of size `),
  );
  expect((await rodex('audit', 'prove')).code).toBe(2);

  const [entries = ''] = (await readdir(join(folder, 'local'))).filter((file) =>
    file.endsWith('.entries'),
  );
  const whole = await readFile(join(folder, 'local', entries), 'utf8');
  await writeFile(join(folder, 'local', entries), whole.replace('user:ada', 'user:eve'));
  const bad = await rodex(...offline, '--json');
  expect(bad.code).toBe(10);
  expect(json(bad)).toMatchObject({ ok: false, damage: 'edited', seq: 0 });
  expect((await rodex('audit', 'verify', '--export', folder)).stderr).toContain('--key');

  expect(await filesWith(SAID, dataDir)).not.toEqual([]);
  const reason = ['--reason', 'asked for by the person'];
  const erased = await rodex('audit', 'erase', '--requested-by', 'user:ada', ...reason, '--json');
  expect(erased.code, erased.stderr).toBe(0);
  expect(json(erased)).toEqual({ erased: [runId(1), runId(2), runId(3)] });
  expect(await filesWith(SAID, dataDir)).toEqual([]);
  const after = await rodex('audit', 'verify', '--json');
  expect(after.code, after.stdout).toBe(0);
  expect(json(after)).toMatchObject({ verified: true, export: { ok: true } });
  const shown = await rodex('audit', 'show', '--json');
  expect(shown.stdout).toContain('asked for by the person');
  const policy = join(root, 'policy.json');
  await writeFile(policy, JSON.stringify({ schemaVersion: 1 }));
  const set = await rodex('policy', 'set', policy);
  expect(set.code, set.stderr).toBe(0);
  expect((await rodex('audit', 'show', '--json')).stdout).toMatch(
    /"operation":"setPolicy".*sha256:/,
  );
  expect(json(await rodex('audit', 'prune', '--before', '2999-01-01', '--json'))).toEqual({
    pruned: [runId(1), runId(2), runId(3)],
  });
  const last = await rodex('audit', 'verify', '--since', kept, '--json');
  expect(last.code, last.stdout).toBe(0);
});
