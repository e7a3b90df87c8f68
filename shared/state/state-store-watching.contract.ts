import { describe, expect, it } from 'vitest';

import type { Subject } from './state-store-harness.contract.ts';
import { create, listener } from './state-store-harness.contract.ts';

export function watchingContract(subject: Subject): void {
  describe('watching', () => {
    it('says that it is live, then what changed under a collection, below it too', async () => {
      const ear = listener();
      subject.store.watch('tenants/a/runs', ear.onChange);
      await ear.until((_, calls) => calls > 0);
      expect(ear.heard[0]).toEqual([]);
      await subject.store.commit([create('tenants/a/runsx/r0'), create('tenants/b/runs/r0')]);
      await subject.store.commit([create('tenants/a/runs/r1'), create('tenants/a/runs/r1/log/0')]);
      await ear.until(
        (paths) => paths.has('tenants/a/runs/r1') && paths.has('tenants/a/runs/r1/log/0'),
      );
      expect(ear.heard.flat().filter((path) => !path.startsWith('tenants/a/runs/'))).toEqual([]);
    });

    it('hears what changes below a document', async () => {
      const ear = listener();
      subject.store.watch('tenants/a/runs/r1', ear.onChange);
      await ear.until((_, calls) => calls > 0);
      await subject.store.commit([
        create('tenants/a/runs/r10'),
        create('tenants/a/runs/r1/turns/1'),
      ]);
      await subject.store.commit([create('tenants/a/runs/r1')]);
      await ear.until((paths) => paths.size === 2);
      expect(new Set(ear.heard.flat())).toEqual(
        new Set(['tenants/a/runs/r1/turns/1', 'tenants/a/runs/r1']),
      );
    });

    it('hears updates and deletes of one document, and nothing after it was ended', async () => {
      const [first = ''] = await subject.store.commit([create('c/1'), create('c/2')]);
      const ear = listener();
      const other = listener();
      const end = subject.store.watch('c/1', ear.onChange);
      subject.store.watch('c/2', other.onChange);
      await ear.until((_, calls) => calls > 0);
      await other.until((_, calls) => calls > 0);
      const [second = ''] = await subject.store.commit([
        { op: 'update', path: 'c/1', data: { n: 1 }, ifVersion: first },
      ]);
      await ear.until((paths) => paths.has('c/1'));
      const soFar = ear.heard.flat().length;
      await subject.store.commit([{ op: 'delete', path: 'c/1', ifVersion: second }]);
      await ear.until(() => ear.heard.flat().length > soFar);
      end();
      const ended = ear.heard.length;
      await subject.store.commit([create('c/1')]);
      await subject.store.commit([{ op: 'delete', path: 'c/2' }]);
      await other.until((paths) => paths.has('c/2'));
      expect(ear.heard).toHaveLength(ended);
      expect(other.heard.flat()).not.toContain('c/1');
    });

    it('hears of a commit only once a reader sees it, and not of a failed one', async () => {
      await subject.store.commit([create('c/1')]);
      const ear = listener();
      subject.store.watch('c', ear.onChange);
      await ear.until((_, calls) => calls > 0);
      await expect(subject.store.commit([create('c/2'), create('c/1')])).rejects.toThrow();
      await subject.store.commit([create('c/3')]);
      await ear.until((paths) => paths.has('c/3'));
      expect(ear.heard.flat()).not.toContain('c/2');
      expect(await subject.store.get('c/3')).toBeDefined();
    });

    it('hears what a second store on the same documents commits', async () => {
      const second = await subject.open();
      const ear = listener();
      subject.store.watch('c', ear.onChange);
      await ear.until((_, calls) => calls > 0);
      const paths = Array.from({ length: 1_200 }, (_, n) => `c/${n}`);
      for (let from = 0; from < paths.length; from += 400) {
        await second.commit(paths.slice(from, from + 400).map((path) => create(path)));
      }
      await ear.until((heard) => paths.every((path) => heard.has(path)));
    });
  });
}

export function otherProcessContract(subject: Subject): void {
  it('hears what another process commits', async () => {
    const ear = listener();
    subject.store.watch('c', ear.onChange);
    await ear.until((_, calls) => calls > 0);
    await subject.harness.commitElsewhere?.([create('c/there', { from: 'elsewhere' })]);
    await ear.until((heard) => heard.has('c/there'));
    expect((await subject.store.get('c/there'))?.data).toEqual({ from: 'elsewhere' });
  });
}
