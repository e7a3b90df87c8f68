import { readdir, readFile } from 'node:fs/promises';

import type { Browser } from 'playwright-core';

const KIB = 1_024;

const textOf = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch(() => undefined);

/** Bytes of a process in physical memory, what it shares counted in part; 0 when it is gone. */
async function pssOf(pid: number): Promise<number> {
  const text = await textOf(`/proc/${pid}/smaps_rollup`);
  return Number(/^Pss:\s+(\d+) kB/m.exec(text ?? '')?.[1] ?? 0) * KIB;
}

/** A process and all that it started. */
async function treeOf(root: number): Promise<number[]> {
  const children = new Map<number, number[]>();
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await textOf(`/proc/${name}/stat`);
    // The command may hold spaces and parentheses; what follows its last one does not.
    const parent = Number(/^\S (\d+)/.exec(stat?.slice(stat.lastIndexOf(')') + 2) ?? '')?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [root];
  for (let at = 0; at < tree.length; at += 1) tree.push(...(children.get(tree[at] ?? 0) ?? []));
  return tree;
}

/** The processes of one browser. */
export class BrowserProcesses {
  readonly #root: number | undefined;

  private constructor(root: number | undefined) {
    this.#root = root;
  }

  static async of(browser: Browser): Promise<BrowserProcesses> {
    try {
      const session = await browser.newBrowserCDPSession();
      const { processInfo } = await session.send('SystemInfo.getProcessInfo');
      await session.detach();
      return new BrowserProcesses(processInfo.find(({ type }) => type === 'browser')?.id);
    } catch {
      // Without it the machine's memory alone is judged.
      return new BrowserProcesses(undefined);
    }
  }

  get pid(): number | undefined {
    return this.#root;
  }

  /** Bytes of all processes; undefined where the system does not tell. */
  async bytes(): Promise<number | undefined> {
    if (this.#root === undefined) return undefined;
    const sizes = await Promise.all((await treeOf(this.#root)).map(pssOf));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    return total === 0 ? undefined : total;
  }
}

export interface Memory {
  /** What this process and its children may use. */
  readonly limitBytes: number;
  readonly freeBytes: number;
}

interface CgroupFiles {
  readonly limit: string;
  readonly usage: string;
  readonly stat: string;
  readonly inactive: RegExp;
}

const V2: CgroupFiles = {
  limit: 'memory.max',
  usage: 'memory.current',
  stat: 'memory.stat',
  inactive: /^inactive_file (\d+)$/m,
};
const V1: CgroupFiles = {
  limit: 'memory.limit_in_bytes',
  usage: 'memory.usage_in_bytes',
  stat: 'memory.stat',
  inactive: /^total_inactive_file (\d+)$/m,
};

/** The tightest limit of the control groups around this process. */
async function cgroupMemory(root: string, own: string): Promise<Memory | undefined> {
  const found: Memory[] = [];
  const visit = async (base: string, path: string, files: CgroupFiles): Promise<void> => {
    for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
      const limit = Number((await textOf(`${base}${at}/${files.limit}`)) ?? Number.NaN);
      const usage = Number((await textOf(`${base}${at}/${files.usage}`)) ?? Number.NaN);
      const stat = (await textOf(`${base}${at}/${files.stat}`)) ?? '';
      const inactive = Number(files.inactive.exec(stat)?.[1] ?? 0);
      // "max", and the number that version 1 writes for it, are no limits.
      if (Number.isFinite(limit) && Number.isFinite(usage) && limit < 2 ** 60)
        found.push({ limitBytes: limit, freeBytes: Math.max(0, limit - usage + inactive) });
      if (at === '') return;
    }
  };
  const v2 = /^0::(.*)$/m.exec(own)?.[1];
  const v1 = /^\d+:[^:]*\bmemory\b[^:]*:(.*)$/m.exec(own)?.[1];
  if (v2 !== undefined) await visit(root, v2 === '/' ? '' : v2, V2);
  if (v1 !== undefined) await visit(`${root}/memory`, v1 === '/' ? '' : v1, V1);
  return found.toSorted((left, right) => left.freeBytes - right.freeBytes)[0];
}

/** What is left of the container's memory, or of the machine's where no container limits it; undefined where nothing tells. */
export async function readMemory(
  from: { proc: string; cgroups: string } = { proc: '/proc', cgroups: '/sys/fs/cgroup' },
): Promise<Memory | undefined> {
  const own = (await textOf(`${from.proc}/self/cgroup`)) ?? '';
  const group = await cgroupMemory(from.cgroups, own);
  const text = await textOf(`${from.proc}/meminfo`);
  const amount = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text ?? '')?.[1] ?? Number.NaN) * KIB;
  const machine = { limitBytes: amount('MemTotal'), freeBytes: amount('MemAvailable') };
  if (!Number.isFinite(machine.freeBytes)) return group;
  return group && group.freeBytes < machine.freeBytes ? group : machine;
}
