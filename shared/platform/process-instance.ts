import { readFileSync, readlinkSync } from 'node:fs';

/** `{boot id}-{pid namespace}-{pid}-{start time in clock ticks}`: never the same for two processes of a machine. Linux only (proc(5)). */
export function instanceName(pid: number = process.pid): string {
  return `${bootId()}-${pidNamespace()}-${pid}-${startTicks(pid) ?? 0}`;
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')
    .trim()
    .replaceAll('-', '')
    .slice(0, 12);
}

/** Process ids of another container mean nothing here. */
function pidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
}

/** Field 22 of /proc/{pid}/stat; undefined when there is no such process, or only its remains (a zombie). */
function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** True when the process of that name no longer runs, or ran before this machine was started. */
export function isInstanceGone(name: string): boolean {
  const match = /^([0-9a-f]{12})-(\d+)-(\d+)-(\d+)$/.exec(name);
  if (!match) return false;
  const [, boot, namespace, pid, ticks] = match;
  if (boot !== bootId()) return true;
  return namespace === pidNamespace() && startTicks(Number(pid)) !== ticks;
}
