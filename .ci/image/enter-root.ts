import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

import type { BuiltImage } from './build-root.ts';

/** As a container engine would: namespaces of its own, the root read-only, /tmp in memory, then the image's user without any capability. */
const ENTER = `
set -e
root=$1 uid=$2 gid=$3 workdir=$4; shift 4
mount --bind "$root" "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/tmp"
for file in resolv.conf hosts hostname; do mount --bind "/etc/$file" "$root/etc/$file"; done
mount -o remount,bind,ro "$root"
cd "$root"
pivot_root . .
umount -l .
cd "$workdir"
exec /usr/bin/setpriv --reuid="$uid" --regid="$gid" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all -- \\
  /usr/bin/env --ignore-environment "$@"
`;

const NAMESPACES = '--mount --pid --ipc --uts --fork --kill-child --propagation=private'.split(' ');

/** Starts the image's entry point. Its first process is number 1 of its own process table; `firstProcess` finds it from outside. */
export function enterRoot(
  image: BuiltImage,
  environment: Readonly<Record<string, string>>,
): ChildProcess {
  const [uid = '', gid = ''] = image.user.split(':');
  const variables = Object.entries({ ...image.env, ...environment });
  const words = variables.map(([name, value]) => `${name}=${value}`);
  return spawn(
    'unshare',
    [
      ...NAMESPACES,
      'sh',
      '-c',
      ENTER,
      'enter',
      image.root,
      uid,
      gid,
      image.workdir,
      ...words,
      ...image.entrypoint,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
}

export interface ProcessFacts {
  readonly pid: number;
  readonly uid: number;
  readonly capabilities: bigint;
  readonly rootIsReadOnly: boolean;
}

/** The entry point, as the machine outside sees it. */
export function firstProcess(entered: ChildProcess): ProcessFacts {
  const parent = entered.pid ?? 0;
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8');
  const pid = Number(children.trim().split(' ')[0]);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): string =>
    new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '';
  const root = readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[4] === '/');
  return {
    pid,
    uid: Number(field('Uid')),
    capabilities: BigInt(`0x${field('CapPrm')}`) | BigInt(`0x${field('CapBnd')}`),
    rootIsReadOnly: /^ro(,|$)/.test(root?.split(' ')[5] ?? ''),
  };
}
