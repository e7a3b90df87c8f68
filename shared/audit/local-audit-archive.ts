import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { fileError, writeFileDurably } from '../core/durable-file.ts';
import { AppError } from '../core/errors.ts';
import type { AuditArchive } from './audit-archive.ts';

/** A directory: write-once by this program only. Copy it elsewhere for more than that. */
export function openLocalAuditArchive(dir: string): AuditArchive {
  const get = async (name: string): Promise<Buffer | undefined> => {
    try {
      return await readFile(join(dir, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw fileError(error, join(dir, name));
    }
  };
  return {
    get,
    put: async (name, bytes) => {
      const file = join(dir, name);
      const before = await get(name);
      if (before?.equals(bytes)) return;
      if (before)
        throw new AppError('audit_broken', `${file} holds something else than what was exported`);
      try {
        await mkdir(dirname(file), { recursive: true, mode: 0o700 });
        await writeFileDurably(file, bytes);
      } catch (error) {
        throw fileError(error, file);
      }
    },
    list: async (prefix) => {
      const folder = dirname(`${prefix}x`);
      try {
        const names = await readdir(join(dir, folder));
        return names
          .map((name) => (folder === '.' ? name : `${folder}/${name}`))
          .filter((name) => name.startsWith(prefix))
          .toSorted();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw fileError(error, join(dir, folder));
      }
    },
  };
}
