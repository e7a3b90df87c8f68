import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { logEntryPath, logPath, runPath } from '../contracts/paths.ts';
import type { StoredLogEntry } from '../contracts/stored-log-entry.ts';
import { AppError } from '../core/errors.ts';
import type { StateStore } from '../state/state-store.ts';
import { openMemoryStateStore } from '../testing/memory-state-store.ts';
import { GENESIS_HASH, sealEntry } from './seal-entry.ts';
import { verifyRunLog, verifyTenantLogs } from './verify-run-log.ts';

const runId = (n: number) => `run_${String(n).padStart(20, '0')}`;

function logOf(tenantId: string, run: string, length: number): StoredLogEntry[] {
  const entries: StoredLogEntry[] = [];
  for (let seq = 0; seq < length; seq += 1) {
    const prevHash = entries.at(-1)?.hash ?? GENESIS_HASH;
    const event = { type: 'run.cancel-requested' as const, reason: `${seq}` };
    entries.push(
      sealEntry({ tenantId, runId: run, seq, at: 'now', actor: 'api', prevHash }, { event }),
    );
  }
  return entries;
}

describe('verifying stored logs', () => {
  let store: StateStore;
  beforeEach(() => {
    store = openMemoryStateStore();
  });
  afterEach(() => store.close());

  const save = async (tenantId: string, run: string, length: number): Promise<StoredLogEntry[]> => {
    const entries = logOf(tenantId, run, length);
    for (let from = 0; from < length; from += 500) {
      await store.commit(
        entries.slice(from, from + 500).map((entry) => ({
          op: 'create',
          path: logEntryPath(tenantId, run, entry.seq),
          data: entry,
        })),
      );
    }
    const data = { seq: length - 1, headHash: entries.at(-1)?.hash ?? '', status: 'acting' };
    await store.commit([{ op: 'create', path: runPath(tenantId, run), data }]);
    return entries;
  };
  const replace = async (path: string, data: object): Promise<void> => {
    await store.commit([{ op: 'delete', path }]);
    await store.commit([{ op: 'create', path, data: data as Record<string, unknown> }]);
  };
  const verify = () => verifyRunLog(store, 'a', runId(1));

  it.each([1, 499, 500, 501, 1_203])('passes an untouched log of %d entries', async (length) => {
    const entries = await save('a', runId(1), length);
    expect(await verify()).toEqual({ ok: true, entries: length, headHash: entries.at(-1)?.hash });
  });

  it('names the first bad entry on any page', async () => {
    await save('a', runId(1), 1_203);
    for (const seq of [1_202, 1_000, 500, 499, 0]) {
      const path = logEntryPath('a', runId(1), seq);
      const entry = (await store.get(path))?.data ?? {};
      await replace(path, { ...entry, actor: 'user:mallory' });
      expect(await verify()).toMatchObject({ ok: false, seq, damage: 'edited' });
    }
  });

  it('finds what was deleted: in the middle, at the end, all of it', async () => {
    await save('a', runId(1), 10);
    const remove = (seq: number) =>
      store.commit([{ op: 'delete', path: logEntryPath('a', runId(1), seq) }]);
    await remove(9);
    expect(await verify()).toMatchObject({ seq: 9, damage: 'truncated' });
    await remove(4);
    expect(await verify()).toMatchObject({ seq: 4, damage: 'missing' });
    for (let seq = 0; seq < 9; seq += 1) await remove(seq);
    expect(await verify()).toMatchObject({ seq: 0, damage: 'truncated' });
  });

  it('finds entries that changed places', async () => {
    const [, , two, three] = await save('a', runId(1), 6);
    if (!two || !three) throw new Error('too short');
    await replace(logEntryPath('a', runId(1), 2), three);
    await replace(logEntryPath('a', runId(1), 3), two);
    expect(await verify()).toMatchObject({ seq: 2, damage: 'reordered' });
  });

  it('finds what was put in: behind the head, or under an id that no writer makes', async () => {
    const entries = await save('a', runId(1), 3);
    const more = logOf('a', runId(1), 4)[3];
    if (!more) throw new Error('too short');
    expect(more.prevHash).toBe(entries[2]?.hash);
    await store.commit([{ op: 'create', path: logEntryPath('a', runId(1), 3), data: more }]);
    expect(await verify()).toMatchObject({ seq: 3, damage: 'inserted' });
    await store.commit([{ op: 'delete', path: logEntryPath('a', runId(1), 3) }]);
    expect(await verify()).toMatchObject({ ok: true });
    const odd = `${logPath('a', runId(1))}/000000001x`;
    await store.commit([{ op: 'create', path: odd, data: {} }]);
    expect(await verify()).toMatchObject({ seq: 2, damage: 'inserted' });
  });

  it('finds a log sealed anew that does not lead to the head of its run', async () => {
    await save('a', runId(1), 3);
    const path = runPath('a', runId(1));
    await replace(path, { seq: 2, headHash: 'f'.repeat(64) });
    expect(await verify()).toMatchObject({ seq: 2, damage: 'edited' });
    await replace(path, { seq: 5, headHash: 'f'.repeat(64) });
    expect(await verify()).toMatchObject({ seq: 3, damage: 'truncated' });
  });

  it('does not mistake a run that grows meanwhile for a broken one', async () => {
    const entries = await save('a', runId(1), 3);
    const more = logOf('a', runId(1), 4)[3];
    if (!more) throw new Error('too short');
    const growing: StateStore = {
      commit: (writes) => store.commit(writes),
      get: (path) => store.get(path),
      watch: (prefix, onChange) => store.watch(prefix, onChange),
      close: () => store.close(),
      query: async (query) => {
        const head = { seq: 3, headHash: more.hash };
        if (!(await store.get(logEntryPath('a', runId(1), 3)))) {
          await store.commit([{ op: 'create', path: logEntryPath('a', runId(1), 3), data: more }]);
          await replace(runPath('a', runId(1)), head);
        }
        return store.query(query);
      },
    };
    expect(await verifyRunLog(growing, 'a', runId(1))).toEqual({
      ok: true,
      entries: 3,
      headHash: entries[2]?.hash,
    });
    expect(await verify()).toMatchObject({ ok: true, entries: 4 });
  });

  it('names the entry that does not even decode', async () => {
    await save('a', runId(1), 20);
    const bad = logEntryPath('a', runId(1), 7);
    const corrupt = () => Promise.reject(new AppError('store_corrupt', 'no JSON'));
    const damaged: StateStore = {
      commit: (writes) => store.commit(writes),
      get: (path) => (path === bad ? corrupt() : store.get(path)),
      watch: (prefix, onChange) => store.watch(prefix, onChange),
      close: () => store.close(),
      query: corrupt,
    };
    expect(await verifyRunLog(damaged, 'a', runId(1))).toMatchObject({
      seq: 7,
      damage: 'malformed',
    });
  });

  it('verifies every run of one tenant, and finds logs whose run is gone', async () => {
    for (const n of [1, 2, 3]) await save('a', runId(n), n);
    await save('b', runId(4), 2);
    await store.commit([
      { op: 'delete', path: runPath('a', runId(2)) },
      { op: 'delete', path: logEntryPath('a', runId(3), 1) },
    ]);
    const found = await Array.fromAsync(verifyTenantLogs(store, 'a'));
    expect(found.map(({ runId, verdict }) => [runId, verdict.ok ? 'ok' : verdict.damage])).toEqual([
      [runId(1), 'ok'],
      [runId(3), 'missing'],
      [runId(2), 'no-run'],
    ]);
  });
});
