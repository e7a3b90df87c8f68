import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { sqliteError } from '../core/sqlite-file.ts';
import type { SqliteStateStoreOptions } from './sqlite-state-store.ts';
import { openSqliteStateStore } from './sqlite-state-store.ts';
import { create, listener } from './state-store-harness.contract.ts';
import type { StateStore } from './state-store.ts';

describe('the file of the SQLite state store', () => {
  let dir: string;
  const file = () => join(dir, 'deep', 'state.db');
  const opened: StateStore[] = [];
  const open = (options: Partial<SqliteStateStoreOptions> = {}): StateStore => {
    const store = openSqliteStateStore({ file: file(), requireIndexes: false, ...options });
    opened.push(store);
    return store;
  };
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rodex-state-'));
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    await rm(dir, { recursive: true, force: true });
  });
  const codeOf = (act: () => unknown): unknown => {
    try {
      return act();
    } catch (error) {
      return { code: (error as { code?: unknown }).code, message: (error as Error).message };
    }
  };

  it('is for this user alone, its side files too', async () => {
    await open().commit([create('c/1')]);
    for (const name of [file(), `${file()}-wal`, `${file()}-shm`]) {
      expect((await stat(name)).mode & 0o077, name).toBe(0);
    }
  });

  it('waits for the disk unless a commit need only outlive the process, and again with the next', async () => {
    const waits = vi.spyOn(DatabaseSync.prototype, 'exec');
    const store = open();
    waits.mockClear();
    const asked = (): string[] =>
      waits.mock.calls.flatMap(([sql]) => (sql.startsWith('PRAGMA synchronous') ? [sql] : []));
    await store.commit([create('c/1')]);
    expect(asked()).toEqual([]);
    await store.commit([create('c/2')], 'process');
    await store.commit([create('c/3')], 'process');
    expect(asked()).toEqual(['PRAGMA synchronous = NORMAL']);
    await store.commit([create('c/4')]);
    expect(asked()).toEqual(['PRAGMA synchronous = NORMAL', 'PRAGMA synchronous = FULL']);
    waits.mockRestore();
    expect(await open().query({ collection: 'c' })).toHaveLength(4);
  });

  it('is refused when it is damaged, naming the file and the cure', async () => {
    const store = open();
    await store.commit([create('c/1', { text: 'x'.repeat(100_000) })]);
    await store.close();
    const content = await readFile(file());
    await writeFile(file(), 'this is no database'.repeat(1_000));
    const corrupt = { code: 'store_corrupt', message: expect.stringContaining(file()) as string };
    expect(codeOf(() => open())).toMatchObject(corrupt);
    // Good at its head, damaged further on: found when it is read.
    await writeFile(file(), content.fill(0xff, 4_096));
    await expect(
      (async () => {
        await open().query({ collection: 'c' });
      })(),
    ).rejects.toMatchObject(corrupt);
  });

  it('is refused when a newer Rodex wrote it, or it is something else', async () => {
    await open().close();
    const db = new DatabaseSync(file());
    db.exec('PRAGMA user_version = 2');
    expect(codeOf(() => open())).toMatchObject({ code: 'newer_version' });
    db.exec('PRAGMA user_version = 1; PRAGMA application_id = 7');
    expect(codeOf(() => open())).toMatchObject({ code: 'invalid_config' });
    db.close();
  });

  it('names a document that is no JSON', async () => {
    const store = open();
    await store.commit([create('c/1')]);
    const db = new DatabaseSync(file());
    db.exec(`UPDATE documents SET data = '{"half":'`);
    db.close();
    await expect(store.get('c/1')).rejects.toMatchObject({
      code: 'store_corrupt',
      details: { path: 'c/1' },
    });
  });

  it('waits for its turn while another process holds the lock', async () => {
    const store = open();
    const db = new DatabaseSync(file());
    db.exec('BEGIN IMMEDIATE');
    const committing = store.commit([create('c/1')]);
    expect(
      await Promise.race([committing, new Promise((resolve) => setTimeout(resolve, 30, 'waits'))]),
    ).toBe('waits');
    expect(await store.get('c/1')).toBeUndefined();
    db.exec('COMMIT');
    db.close();
    await committing;
    expect(await store.get('c/1')).toBeDefined();
  });

  it('does not wait for ever: then the store is unavailable for now', async () => {
    let now = 0;
    const clock = {
      iso: () => '',
      nowMs: () => 0,
      monotonicMs: () => now,
      sleep: async (ms: number) => {
        now += ms * 100;
      },
    };
    const store = open({ clock });
    const db = new DatabaseSync(file());
    db.exec('BEGIN IMMEDIATE');
    await expect(store.commit([create('c/1')])).rejects.toMatchObject({
      code: 'store_unavailable',
      retryable: true,
    });
    db.close();
    await store.commit([create('c/1')]);
  });

  it('says that the disk is full when it is', async () => {
    await open().close();
    const db = new DatabaseSync(file());
    db.exec('PRAGMA max_page_count = 30');
    let thrown: unknown;
    try {
      db.exec(`CREATE TABLE filler AS SELECT randomblob(1000000) AS x`);
    } catch (error) {
      thrown = error;
    }
    db.close();
    const about = {
      file: file(),
      what: 'state store',
      unavailable: 'store_unavailable',
      applicationId: 0,
      schemaVersion: 1,
      schema: '',
    } as const;
    expect(sqliteError(thrown, about)).toMatchObject({ code: 'disk_full', retryable: true });
    const noSpace = Object.assign(new Error('write'), { code: 'ENOSPC' });
    expect(sqliteError(noSpace, about)).toMatchObject({ code: 'disk_full' });
  });

  it('calls a document older than anything when the machine was started anew since', async () => {
    await open({ bootId: 'one' }).commit([create('c/1')]);
    const after = open({ bootId: 'two' });
    const [found] = await after.query({ collection: 'c' });
    expect(found?.ageMs).toBe(Infinity);
    const ifVersion = found?.version ?? '';
    await after.commit([{ op: 'update', path: 'c/1', data: {}, ifVersion }]);
    expect((await after.get('c/1'))?.ageMs).toBeLessThan(60_000);
  });

  it('answers the same with an index for a field as without', async () => {
    const indexes = [
      { group: 'runs', field: 'status' },
      { group: "o'dd", field: 'a.b' },
    ];
    const store = open({ indexes });
    await open({ indexes }).close();
    await store.commit([
      create('t/a/runs/1', { status: 'queued' }),
      create('t/a/runs/2', { status: 'done' }),
      create('t/a/jobs/3', { status: 'queued' }),
      create("t/a/o'dd/4", { a: { b: 1 } }),
    ]);
    const where = [{ field: 'status', op: '==', value: 'queued' }] as const;
    const found = await store.query({ collection: 'runs', group: true, where });
    expect(found.map(({ path }) => path)).toEqual(['t/a/runs/1']);
    expect(await store.query({ collection: "o'dd", group: true })).toHaveLength(1);
    const db = new DatabaseSync(file());
    const plan = db
      .prepare(
        `EXPLAIN QUERY PLAN SELECT path FROM documents WHERE group_name = 'runs' AND json_extract(data, '$."status"') = ?`,
      )
      .all('queued');
    db.close();
    expect(JSON.stringify(plan)).toContain('documents_runs_status');
  });

  it('tells a watcher that fell behind the kept changes to read all again', async () => {
    const store = open();
    const other = open();
    const ear = listener();
    store.watch('c', ear.onChange);
    await ear.until((_, calls) => calls > 0);
    const before = ear.heard.length;
    // In one turn of the event loop, so that the watcher cannot keep up: commits do not yield in between.
    const commits: Promise<unknown>[] = [];
    for (let batch = 0; batch < 44; batch += 1) {
      const writes = Array.from({ length: 500 }, (_, n) => create(`x/${batch}-${n}`));
      commits.push(other.commit(writes));
    }
    await Promise.all(commits);
    await ear.until((_, calls) => calls > before);
    expect(ear.heard.at(-1)).toEqual([]);
  });
});
