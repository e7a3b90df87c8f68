import { beforeEach, describe, expect, it } from 'vitest';

import type { Query } from './state-store.ts';
import type { Subject } from './state-store-harness.contract.ts';
import { create } from './state-store-harness.contract.ts';

export function askingContract(subject: Subject): void {
  const ids = async (query: Query): Promise<string[]> =>
    (await subject.store.query(query)).map(({ path }) => path.split('/').at(-1) ?? '');
  describe('asking', () => {
    beforeEach(async () => {
      await subject.store.commit([
        create('tenants/a/runs/r1', { status: 'queued', n: 3, at: { day: 'mon' }, open: true }),
        create('tenants/a/runs/r2', { status: 'acting', n: 1, at: { day: 'tue' }, open: false }),
        create('tenants/a/runs/r3', { status: 'queued', n: 2.5, note: null }),
        create('tenants/a/runs/r3/log/0', { status: 'queued' }),
        create('tenants/a-b/runs/r4', { status: 'queued', n: 10, at: { day: 'fri' } }),
        create('tenants/a/jobs/r5', { status: 'queued', n: '2' }),
      ]);
    });
    const runs = 'tenants/a/runs';

    it('lists the documents of one collection by id, not those below', async () => {
      expect(await ids({ collection: runs })).toEqual(['r1', 'r2', 'r3']);
      expect(await ids({ collection: 'tenants' })).toEqual([]);
    });

    it('lists a group across all parents, by path segment by segment', async () => {
      const found = await subject.store.query({ collection: 'runs', group: true });
      expect(found.map(({ path }) => path)).toEqual([
        'tenants/a/runs/r1',
        'tenants/a/runs/r2',
        'tenants/a/runs/r3',
        'tenants/a-b/runs/r4',
      ]);
    });

    it.each([
      ['==', 'status', 'queued', ['r1', 'r3']],
      ['==', 'at.day', 'tue', ['r2']],
      ['==', 'open', false, ['r2']],
      ['==', 'open', 0, []],
      ['==', 'note', null, ['r3']],
      ['==', 'n', 2.5, ['r3']],
      ['in', 'status', ['acting', 'no', 7], ['r2']],
      ['in', 'n', [1, 3], ['r1', 'r2']],
      ['<', 'n', 3, ['r2', 'r3']],
      ['<=', 'n', 3, ['r1', 'r2', 'r3']],
      ['>', 'n', 2.5, ['r1']],
      ['>=', 'status', 'b', ['r1', 'r3']],
      ['>', 'n', '', []],
      ['==', 'at', 'mon', []],
      ['==', 'status', `queued' OR '1'='1`, []],
    ] as const)('finds where a field is %s: %s %j', async (op, field, value, expected) => {
      const range = op !== '==' && op !== 'in';
      const found = await ids({
        collection: runs,
        where: [{ field, op, value }],
        ...(range && { orderBy: { field, direction: 'asc' } }),
      });
      expect(found.toSorted()).toEqual(expected);
    });

    it('wants all conditions to hold', async () => {
      const where = [
        { field: 'status', op: '==', value: 'queued' },
        { field: 'open', op: '==', value: true },
      ] as const;
      expect(await ids({ collection: 'runs', group: true, where })).toEqual(['r1']);
    });

    it('orders by a field either way and leaves out documents without it', async () => {
      const by = (direction: 'asc' | 'desc', field = 'n') =>
        ids({ collection: 'runs', group: true, orderBy: { field, direction } });
      expect(await by('asc')).toEqual(['r2', 'r3', 'r1', 'r4']);
      expect(await by('desc')).toEqual(['r4', 'r1', 'r3', 'r2']);
      expect(await by('asc', 'at.day')).toEqual(['r4', 'r1', 'r2']);
      expect(await by('asc', 'status')).toEqual(['r2', 'r1', 'r3', 'r4']);
      expect(await by('desc', 'status')).toEqual(['r4', 'r3', 'r1', 'r2']);
    });

    it.each([undefined, 'asc', 'desc'] as const)(
      'pages without gaps (order %s)',
      async (direction) => {
        await subject.store.commit(
          Array.from({ length: 25 }, (_, n) => create(`p/${n}`, { k: n % 4, text: 'é' })),
        );
        const order = direction && { orderBy: { field: 'k', direction } };
        const all = (await subject.store.query({ collection: 'p', ...order })).map(
          ({ path }) => path,
        );
        expect(new Set(all).size).toBe(25);
        const paged: string[] = [];
        for (;;) {
          const last = paged.at(-1);
          const page = await subject.store.query({
            collection: 'p',
            limit: 7,
            ...order,
            ...(last !== undefined && { startAfter: last }),
          });
          paged.push(...page.map(({ path }) => path));
          if (page.length < 7) break;
        }
        expect(paged).toEqual(all);
      },
    );

    it('refuses questions that no store could answer', async () => {
      const refused = { code: 'invalid_request' };
      const bad = [
        { collection: 'tenants/a' },
        { collection: 'tenants/a/runs', group: true },
        { collection: runs, limit: 0 },
        { collection: runs, where: [{ field: 'a"b', op: '==', value: 1 }] },
        { collection: runs, where: [{ field: 'a', op: '==', value: {} }] },
        { collection: runs, where: [{ field: 'a', op: 'in', value: [] }] },
        { collection: runs, where: [{ field: 'a', op: '<', value: true }] },
        { collection: runs, where: [{ field: 'a', op: '<', value: 1 }] },
      ] as const;
      for (const query of bad)
        await expect(subject.store.query(query)).rejects.toMatchObject(refused);
    });
  });
}
