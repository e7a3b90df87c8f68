import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { describe, expect, it } from 'vitest';

import { openSqliteStateStore } from './sqlite-state-store.ts';

describe('the SQLite state store under kill -9', () => {
  it('keeps every commit that was answered, whole, from two writers that are killed', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'rodex-state-'));
    const file = join(dir, 'state.db');
    const store = openSqliteStateStore({ file });
    const program = join(import.meta.dirname, '__fixtures__/commit-until-killed.ts');
    const write = async (name: string): Promise<number> => {
      const child = spawn(process.execPath, [program, file, name], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      let answered = -1;
      while (answered < 150) answered = Number((await lines.next()).value);
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      return answered;
    };
    try {
      for (let round = 0; round < 2; round += 1) {
        const names = [`a${round}`, `b${round}`];
        const answered = await Promise.all(names.map(write));
        for (const [index, name] of names.entries()) {
          const ids = async (collection: string) =>
            (await store.query<{ n: number }>({ collection }))
              .filter(({ path }) => path.startsWith(`${collection}/${name}-`))
              .map(({ data }) => data.n)
              .toSorted((x, y) => x - y);
          const left = await ids('left');
          expect(left).toEqual(await ids('right'));
          expect(left).toEqual(left.map((_, n) => n));
          expect(left.length).toBeGreaterThan(answered[index] ?? Infinity);
        }
      }
    } finally {
      await store.close();
      await rm(dir, { recursive: true, force: true });
    }
  });
});
