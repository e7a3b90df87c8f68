import { describe, expect, it, vi } from 'vitest';

import type { Clock } from '../core/clock.ts';
import type { Subject } from './state-store-harness.contract.ts';
import { create } from './state-store-harness.contract.ts';

export function lastingContract(subject: Subject): void {
  describe('lasting', () => {
    it('finds everything again after a restart, versions too', async () => {
      const [before = ''] = await subject.store.commit([create('c/1', { n: 1 })]);
      await subject.store.close();
      subject.store = await subject.open();
      expect(await subject.store.get('c/1')).toMatchObject({ data: { n: 1 }, version: before });
      await subject.store.commit([
        { op: 'update', path: 'c/1', data: { n: 2 }, ifVersion: before },
      ]);
    });

    it('refuses work once closed', async () => {
      await subject.store.close();
      await expect(subject.store.get('c/1')).rejects.toMatchObject({ code: 'store_unavailable' });
      await expect(subject.store.commit([create('c/1')])).rejects.toMatchObject({
        code: 'store_unavailable',
      });
    });

    it('judges age by its own clock: a change of the wall clock changes nothing', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      try {
        const ages: number[] = [];
        await subject.store.commit([create('c/1')]);
        for (const minutes of [0, -10, 10, 60 * 24 * 365]) {
          vi.setSystemTime(Date.now() + minutes * 60_000);
          ages.push((await subject.store.get('c/1'))?.ageMs ?? NaN);
        }
        expect(ages).toEqual(ages.toSorted((a, b) => a - b));
        expect(ages[0]).toBeGreaterThanOrEqual(0);
        expect(ages.at(-1)).toBeLessThan(60_000);
      } finally {
        vi.useRealTimers();
      }
    });
  });
}

export function clockContract(subject: Subject): void {
  it('tells every reader the same age, counted from the last write', async () => {
    let now = 1_000;
    const clock = { monotonicMs: () => now } as Clock;
    const [one, two] = [await subject.open({ clock }), await subject.open({ clock })];
    const [first = ''] = await one.commit([create('c/1')]);
    now = 1_700;
    expect((await two.get('c/1'))?.ageMs).toBe(700);
    await two.commit([{ op: 'update', path: 'c/1', data: {}, ifVersion: first }]);
    now = 1_750;
    expect((await one.query({ collection: 'c' }))[0]?.ageMs).toBe(50);
  });
}
