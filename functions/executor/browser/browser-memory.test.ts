import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, expect, it } from 'vitest';

import { readMemory } from './browser-memory.ts';

const GIB = 1024 ** 3;
let dir = '';
afterEach(async () => rm(dir, { recursive: true, force: true }));

async function machine(files: Record<string, string>): Promise<{ proc: string; cgroups: string }> {
  dir = await mkdtemp(join(tmpdir(), 'rodex-memory-'));
  const all = { 'proc/meminfo': 'MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n', ...files };
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text);
  }
  return { proc: join(dir, 'proc'), cgroups: join(dir, 'cgroup') };
}

it('takes the machine where no container limits it', async () => {
  const from = await machine({
    'proc/self/cgroup': '0::/\n',
    'cgroup/memory.max': 'max\n',
    'cgroup/memory.current': '100\n',
  });
  expect(await readMemory(from)).toEqual({ limitBytes: 8 * GIB, freeBytes: 4 * GIB });
});

it('takes the tightest group around the process, pages that can be dropped counted as free', async () => {
  const from = await machine({
    'proc/self/cgroup': '0::/box/inner\n',
    'cgroup/box/inner/memory.max': 'max\n',
    'cgroup/box/inner/memory.current': `${GIB}\n`,
    'cgroup/box/memory.max': `${2 * GIB}\n`,
    'cgroup/box/memory.current': `${1.5 * GIB}\n`,
    'cgroup/box/memory.stat': `anon 1\ninactive_file ${0.25 * GIB}\n`,
  });
  expect(await readMemory(from)).toEqual({ limitBytes: 2 * GIB, freeBytes: 0.75 * GIB });
});

it('reads groups of the first version', async () => {
  const from = await machine({
    'proc/self/cgroup': '4:memory:/job\n0::/\n',
    'cgroup/memory/job/memory.limit_in_bytes': `${GIB}\n`,
    'cgroup/memory/job/memory.usage_in_bytes': `${0.5 * GIB}\n`,
    'cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    'cgroup/memory/memory.usage_in_bytes': '1\n',
  });
  expect(await readMemory(from)).toEqual({ limitBytes: GIB, freeBytes: 0.5 * GIB });
});
