import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { AuditArchive } from './audit-archive.ts';

export interface ArchiveHarness {
  readonly open: () => AuditArchive;
  readonly dispose: () => Promise<void>;
}

export function auditArchiveContract(name: string, start: () => Promise<ArchiveHarness>): void {
  describe(`audit archive: ${name}`, () => {
    let harness: ArchiveHarness;
    let archive: AuditArchive;
    beforeEach(async () => {
      harness = await start();
      archive = harness.open();
    });
    afterEach(() => harness.dispose());

    it('keeps what was put, for others too', async () => {
      await archive.put('a/1.entries', Buffer.from('one\n'));
      expect((await harness.open().get('a/1.entries'))?.toString()).toBe('one\n');
      expect(await archive.get('a/2.entries')).toBeUndefined();
    });

    it('takes the same bytes again, and never others', async () => {
      await archive.put('a/1', Buffer.from('one'));
      await archive.put('a/1', Buffer.from('one'));
      await expect(archive.put('a/1', Buffer.from('two'))).rejects.toMatchObject({
        code: 'audit_broken',
      });
      expect((await archive.get('a/1'))?.toString()).toBe('one');
    });

    it('lists the names under a prefix, in order', async () => {
      for (const name of ['a/2', 'a/10', 'b/1', 'a/1']) await archive.put(name, Buffer.from(name));
      expect(await archive.list('a/')).toEqual(['a/1', 'a/10', 'a/2']);
      expect(await archive.list('a/1')).toEqual(['a/1', 'a/10']);
      expect(await archive.list('c/')).toEqual([]);
    });
  });
}
