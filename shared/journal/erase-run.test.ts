import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { beforeEach, describe, expect, it } from 'vitest';

import { makeCheckpoint } from '../audit/checkpointer.ts';
import { patrol } from '../audit/patrol.ts';
import { verifyRunLog } from '../audit/verify-run-log.ts';
import { checkpointPath, logEntryPath, runPath, saltPath, stepPath } from '../contracts/paths.ts';
import type { Run } from '../contracts/run.ts';
import type { StoredLogEntry } from '../contracts/stored-log-entry.ts';
import { systemClock } from '../core/clock.ts';
import { silentLogger } from '../core/logger.ts';
import { MemoryArchive } from '../testing/sample-export.ts';
import { AuditedTenant, runId, SAID, signer } from './__fixtures__/audited-tenant.ts';
import { CONTENT, eraseRun, eraseSubject } from './erase-run.ts';
import type { RunJournal } from './run-journal.ts';
import { readRunLog } from './run-log.ts';

describe('checkpoints and erasure', () => {
  let tenant: AuditedTenant;
  let deps: AuditedTenant['deps'];
  let archive: AuditedTenant['archive'];
  let removed: string[];
  beforeEach(() => {
    tenant = new AuditedTenant();
    ({ deps, archive, removed } = tenant);
  });
  const checkpoint = async (): Promise<number> => tenant.checkpoint();
  const verify = async (since?: string) => tenant.verify(since);
  const start = async (n: number, actor?: string) => tenant.start(n, actor);
  const end = async (journal: RunJournal) => tenant.end(journal);
  const tenantEvents = async () => tenant.events();

  it('signs what grew, again and again, and nothing when nothing did', async () => {
    const one = await start(1);
    await start(2);
    // The key of the signer is the first thing in the tenant's log.
    expect(await checkpoint()).toBe(3);
    expect(await checkpoint()).toBe(3);
    const note = (await archive.get('local/000000000003.checkpoint'))?.toString() ?? '';
    await one.append(() => [{ type: 'run.cancel-requested', reason: SAID }]);
    await end(one);
    expect(await checkpoint()).toBe(5);
    expect(await verify(note)).toMatchObject({ ok: true, size: 5, logs: 3 });
    expect([...archive.objects.values()].some((bytes) => bytes.includes(SAID))).toBe(false);
  });

  it('goes on where a crash came between the checkpoint and its export', async () => {
    await start(1);
    const broken = {
      ...deps,
      log: silentLogger,
      signer,
      archive: Object.assign(new MemoryArchive(), {
        put: async () => Promise.reject(new Error('the bucket is away')),
      }),
    };
    await expect(makeCheckpoint(broken, 'local')).rejects.toThrow('away');
    expect(await deps.store.get(checkpointPath('local', 2))).toBeDefined();
    await start(2);
    expect(await checkpoint()).toBe(3);
    expect(await verify()).toMatchObject({ ok: true, size: 3 });
  });

  it('takes long logs in several steps', async () => {
    const journal = await start(1);
    for (let n = 0; n < 45; n += 1)
      await journal.append(() =>
        Array.from({ length: 10 }, () => ({ type: 'run.cancel-requested' as const, reason: '' })),
      );
    expect(await checkpoint()).toBe(452);
    expect(await verify()).toMatchObject({ ok: true, size: 452, logs: 2 });
  });

  it('leaves out what does not follow, reports it once, and signs the rest', async () => {
    const journal = await start(1);
    await checkpoint();
    await journal.append(() => [{ type: 'run.cancel-requested', reason: 'x' }]);
    await end(journal);
    const path = logEntryPath('local', runId(1), 1);
    const stored = await deps.store.get(path);
    await deps.store.commit([
      {
        op: 'update',
        path,
        data: { ...stored?.data, actor: 'user:mallory' },
        ifVersion: stored?.version ?? '',
      },
    ]);
    await start(2);
    await checkpoint();
    await checkpoint();
    expect(await verify()).toMatchObject({ ok: true, size: 4 });
    const damages = (await tenantEvents()).filter(
      (event) => (event as { type: string }).type === 'damage',
    );
    expect(damages).toEqual([expect.objectContaining({ runId: runId(1), seq: 1 })]);
  });

  it('erases a run: nothing of it can be read, the log verifies, here and in the export', async () => {
    const journal = await start(1);
    await deps.store.commit([
      { op: 'create', path: stepPath('local', runId(1), '1-1'), data: { text: SAID } },
      { op: 'create', path: saltPath('local', runId(1)), data: { salt: 'AA==' } },
    ]);
    await expect(eraseRun(deps, 'user:root', 'local', runId(1), 'asked')).rejects.toMatchObject({
      code: 'conflict',
    });
    await end(journal);
    await checkpoint();
    await eraseRun(deps, 'user:root', 'local', runId(1), 'asked for');
    await eraseRun(deps, 'user:root', 'local', runId(1), 'asked for');
    expect(await verifyRunLog(deps.store, 'local', runId(1))).toMatchObject({
      ok: true,
      entries: 3,
    });
    const entries = await readRunLog(deps, 'local', runId(1));
    expect(entries.map(({ event }) => event.type)).toEqual([
      'payload.erased',
      'payload.erased',
      'run.erased',
    ]);
    expect(entries.at(-1)).toMatchObject({ actor: 'user:root', event: { reason: 'asked for' } });
    expect(removed).toEqual([runId(1), runId(1)]);
    expect(await deps.store.get(stepPath('local', runId(1), '1-1'))).toBeUndefined();
    expect(await deps.store.get(saltPath('local', runId(1)))).toBeUndefined();
    expect(JSON.stringify(await deps.store.get(runPath('local', runId(1))))).not.toContain(SAID);
    expect(await tenantEvents()).toContainEqual({
      type: 'erasure',
      runId: runId(1),
      reason: 'asked for',
    });
    await checkpoint();
    expect(await verify()).toMatchObject({ ok: true, logs: 2 });
  });

  it('takes every collection below a run but the log, also one that is new', async () => {
    const source = await readFile(resolve(import.meta.dirname, '../contracts/paths.ts'), 'utf8');
    const below = [...source.matchAll(/runPath\(tenantId, runId\)\}\/(\w+)/g)].map(
      ([, name]) => name,
    );
    expect(below.length).toBeGreaterThan(7);
    expect(below.filter((name = '') => name !== 'log' && !CONTENT.includes(name))).toEqual([]);
  });

  it('erases all runs of a person or with a label', async () => {
    for (const [n, actor] of [
      [1, 'user:ada'],
      [2, 'user:bob'],
      [3, 'user:ada'],
    ] as const)
      await end(await start(n, actor));
    const erase = (subject: Parameters<typeof eraseSubject>[3]) =>
      eraseSubject(deps, 'user:root', 'local', subject, 'asked for');
    expect(await erase({ requestedBy: 'user:ada' })).toEqual([runId(1), runId(3)]);
    expect(await erase({ label: { name: 'case', value: 'case-2' } })).toEqual([runId(2)]);
    await expect(erase({})).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('finds within a day what was changed in the store behind a checkpoint', async () => {
    const journal = await start(1);
    await end(journal);
    await end(await start(2));
    await checkpoint();
    const audit = { ...deps, log: silentLogger, archive, signer };
    await patrol(audit, 'local');
    const found = async () =>
      (await tenantEvents()).filter((event) => (event as { type: string }).type === 'damage');
    expect(await found()).toEqual([]);
    // Somebody with every right on the store: the last entry is another, sealed anew, and the run agrees.
    const path = logEntryPath('local', runId(1), 1);
    const stored = await deps.store.get<StoredLogEntry>(path);
    const { cipher } = await deps.vault.create('local', runId(1));
    if (!stored) throw new Error('no entry');
    const forged = cipher.seal(stored.data, { type: 'run.ended', status: 'failed' });
    const run = await deps.store.get<Run>(runPath('local', runId(1)));
    await deps.store.commit([
      { op: 'update', path, data: forged, ifVersion: stored.version },
      {
        op: 'update',
        path: runPath('local', runId(1)),
        data: { ...run?.data, headHash: forged.hash },
        ifVersion: run?.version ?? '',
      },
    ]);
    expect(await verifyRunLog(deps.store, 'local', runId(1))).toMatchObject({ ok: true });
    // Not twice a day.
    await patrol(audit, 'local');
    expect(await found()).toEqual([]);
    const tomorrow = { ...systemClock, iso: () => new Date(Date.now() + 86_400_000).toISOString() };
    await patrol({ ...audit, clock: tomorrow }, 'local');
    expect(await found()).toEqual([
      expect.objectContaining({
        runId: runId(1),
        seq: 1,
        damage: expect.stringContaining('signed'),
      }),
    ]);
  });
});
