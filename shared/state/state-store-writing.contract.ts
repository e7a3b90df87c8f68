import { describe, expect, it } from 'vitest';

import type { StateStore, Write } from './state-store.ts';
import type { Subject } from './state-store-harness.contract.ts';
import { create } from './state-store-harness.contract.ts';

export function writingContract(subject: Subject): void {
  const version = async (path: string): Promise<string> => {
    const found = await subject.store.get(path);
    if (!found) throw new Error(`${path} is not there`);
    return found.version;
  };
  const ids = async (collection: string): Promise<string[]> =>
    (await subject.store.query({ collection })).map(({ path }) => path.split('/').at(-1) ?? '');
  describe('writing', () => {
    it('gives back what was created, with the version that commit answered', async () => {
      const data = {
        text: 'ä \u0000 "\' \u{1f600}',
        number: -1.5,
        whole: 2 ** 53 - 1,
        yes: true,
        nothing: null,
        list: [1, 'two', [3, []], {}],
        map: { '': 1, 'a.b': { c: [] }, __x__: 1, '~': 2 },
      };
      const [created] = await subject.store.commit([create('tenants/a', data)]);
      expect(await subject.store.get('tenants/a')).toMatchObject({
        path: 'tenants/a',
        data,
        version: created,
      });
      expect(await subject.store.get('tenants/b')).toBeUndefined();
      expect(await subject.store.commit([])).toEqual([]);
    });

    it('refuses to create what exists and names it', async () => {
      await subject.store.commit([create('c/1', { n: 1 })]);
      await expect(
        subject.store.commit([create('c/0'), create('c/1', { n: 2 })]),
      ).rejects.toMatchObject({
        code: 'conflict',
        details: { path: 'c/1' },
      });
      expect((await subject.store.get('c/1'))?.data).toEqual({ n: 1 });
    });

    it('applies nothing of a batch of which one part fails', async () => {
      await subject.store.commit([create('c/kept', { n: 1 }), create('c/old', { n: 1 })]);
      const kept = await version('c/kept');
      const stale = await version('c/old');
      await subject.store.commit([
        { op: 'update', path: 'c/old', data: { n: 2 }, ifVersion: stale },
      ]);
      const before = await subject.store.query({ collection: 'c' });
      const parts: Write[] = [
        create('c/new'),
        { op: 'update', path: 'c/kept', data: { n: 9 }, ifVersion: kept },
        { op: 'delete', path: 'c/old' },
      ];
      const failing: Write[] = [
        create('c/kept'),
        { op: 'update', path: 'c/absent', data: {}, ifVersion: stale },
        { op: 'delete', path: 'c/absent', ifVersion: stale },
      ];
      for (const bad of failing) {
        for (const at of [0, 1, 3]) {
          const batch = parts.filter((part) => part.path !== bad.path).toSpliced(at, 0, bad);
          await expect(subject.store.commit(batch)).rejects.toMatchObject({
            code: 'conflict',
            details: { path: bad.path },
          });
        }
      }
      const after = await subject.store.query({ collection: 'c' });
      expect(after.map(({ path, data, version }) => ({ path, data, version }))).toEqual(
        before.map(({ path, data, version }) => ({ path, data, version })),
      );
    });

    it('refuses an update or a delete of another version, and takes the right one once', async () => {
      const [first = ''] = await subject.store.commit([create('c/1', { n: 1 })]);
      const update: Write = { op: 'update', path: 'c/1', data: { n: 2 }, ifVersion: first };
      const [second = ''] = await subject.store.commit([update]);
      expect(second).not.toBe(first);
      await expect(subject.store.commit([update])).rejects.toMatchObject({ code: 'conflict' });
      await expect(
        subject.store.commit([{ op: 'delete', path: 'c/1', ifVersion: first }]),
      ).rejects.toMatchObject({ code: 'conflict', details: { path: 'c/1' } });
      expect((await subject.store.get('c/1'))?.data).toEqual({ n: 2 });
      expect(
        await subject.store.commit([{ op: 'delete', path: 'c/1', ifVersion: second }]),
      ).toEqual(['']);
      expect(await subject.store.get('c/1')).toBeUndefined();
    });

    it('gives a version anew after delete and create, and treats an unknown version as another', async () => {
      const [first = ''] = await subject.store.commit([create('c/1')]);
      await subject.store.commit([{ op: 'delete', path: 'c/1' }]);
      const [second] = await subject.store.commit([create('c/1')]);
      expect(second).not.toBe(first);
      for (const ifVersion of [first, '', 'nonsense', `${second} `]) {
        await expect(
          subject.store.commit([{ op: 'update', path: 'c/1', data: {}, ifVersion }]),
        ).rejects.toMatchObject({ code: 'conflict' });
      }
    });

    it('deletes what is not there without complaint', async () => {
      expect(await subject.store.commit([{ op: 'delete', path: 'c/none' }])).toEqual(['']);
    });

    it('keeps documents just below 1 MiB and refuses those above, and batches above 10 MiB', async () => {
      const text = 'x'.repeat(1_000_000);
      await subject.store.commit([create('c/large', { text })]);
      expect((await subject.store.get('c/large'))?.data).toEqual({ text });
      await expect(
        subject.store.commit([create('c/huge', { text: 'é'.repeat(600_000) })]),
      ).rejects.toMatchObject({ code: 'payload_too_large' });
      await expect(
        subject.store.commit(Array.from({ length: 11 }, (_, n) => create(`c/m${n}`, { text }))),
      ).rejects.toMatchObject({ code: 'payload_too_large' });
      expect(await ids('c')).toEqual(['large']);
    });

    it('takes 500 writes and refuses 501', async () => {
      const batch = Array.from({ length: 501 }, (_, n) => create(`c/${n}`, { n }));
      await expect(subject.store.commit(batch)).rejects.toMatchObject({ code: 'invalid_request' });
      expect(await subject.store.commit(batch.slice(1))).toHaveLength(500);
    });

    it.each([
      ['undefined', { a: { b: undefined } }],
      ['a hole in a list', { a: Array(1) }],
      ['a bigint', { a: 1n }],
      ['NaN', { a: NaN }],
      ['an integer beyond 2^53', { a: 2 ** 53 }],
      ['a date', { a: new Date(0) }],
      ['bytes', { a: new Uint8Array(1) }],
      ['a function', { a: () => 1 }],
      ['toJSON', { a: { toJSON: () => 1 } }],
      ['a list as document', [] as unknown as Record<string, unknown>],
    ])('refuses %s', async (_, data) => {
      await expect(subject.store.commit([create('c/1', data)])).rejects.toMatchObject({
        code: 'invalid_request',
      });
    });

    it.each(['c', 'c/1/d', '', '/c/1', 'c//1', 'c/', 'c/..', 'c/.', 'c/é', 'c/a b', 'c/__x__'])(
      'refuses "%s" as the path of a document',
      async (path) => {
        const refused = { code: 'invalid_request' };
        await expect(subject.store.commit([create(path)])).rejects.toMatchObject(refused);
        await expect(subject.store.get(path)).rejects.toMatchObject(refused);
      },
    );

    it('refuses one path twice in a batch', async () => {
      await expect(subject.store.commit([create('c/1'), create('c/1')])).rejects.toMatchObject({
        code: 'invalid_request',
      });
    });

    it('lets exactly one of two writers create each entry of a log', async () => {
      const rival = await subject.open();
      const write = async (by: string, through: StateStore): Promise<number> => {
        let won = 0;
        for (let seq = 0; seq < 500;) {
          try {
            const id = String(seq).padStart(9, '0');
            await through.commit([create(`log/${id}`, { seq, by })]);
            won += 1;
            seq += 1;
          } catch (error) {
            expect(error).toMatchObject({ code: 'conflict' });
            seq += 1;
          }
        }
        return won;
      };
      const [a, b] = await Promise.all([write('a', subject.store), write('b', rival)]);
      const entries = await subject.store.query<{ seq: number; by: string }>({ collection: 'log' });
      expect(entries.map(({ data }) => data.seq)).toEqual(Array.from({ length: 500 }, (_, n) => n));
      expect(a + b).toBe(500);
      expect(entries.filter(({ data }) => data.by === 'a')).toHaveLength(a);
    }, 60_000);

    it('loses no update of two writers that read, add one and write if unchanged', async () => {
      const rival = await subject.open();
      await subject.store.commit([create('c/count', { n: 0 })]);
      const add = async (through: StateStore): Promise<void> => {
        for (let done = 0; done < 20;) {
          const found = await through.get<{ n: number }>('c/count');
          if (!found) throw new Error('gone');
          const { data, version: ifVersion } = found;
          try {
            await through.commit([
              { op: 'update', path: 'c/count', data: { n: data.n + 1 }, ifVersion },
            ]);
            done += 1;
          } catch (error) {
            expect(error).toMatchObject({ code: 'conflict' });
            await new Promise((resolve) => {
              setTimeout(resolve, Math.random() * 5);
            });
          }
        }
      };
      await Promise.all([add(subject.store), add(rival)]);
      expect((await subject.store.get('c/count'))?.data).toEqual({ n: 40 });
    }, 60_000);
  });
}
