// A registry mirror may lack binaries of other platforms; npm then leaves them out of the lock and
// `npm ci` refuses it (EUSAGE) wherever they exist. This writes the missing optional entries.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const OS = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'openharmony',
  'win32',
  'openbsd',
  'netbsd',
  'sunos',
  'aix',
];
const CPU = ['arm64', 'x64', 'ppc64', 'riscv64', 's390x', 'ia32', 'arm', 'loong64', 'mips64el'];

const file = resolve(import.meta.dirname, '../package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const missing = findMissing(lock.packages);

if (process.argv.includes('--check')) {
  if (missing.length > 0) {
    const names = missing.slice(0, 5).map(([key]) => key);
    console.error(`package-lock.json lacks ${missing.length} entries: ${names.join(', ')} …`);
    console.error('cure: node .ci/complete-lock.mjs');
  }
  process.exitCode = missing.length > 0 ? 1 : 0;
} else {
  const entries = [...Object.entries(lock.packages), ...missing];
  entries.sort(([a], [b]) => a.localeCompare(b, 'en'));
  lock.packages = Object.fromEntries(entries);
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`added ${missing.length} entries`);
}

function findMissing(packages) {
  const found = new Map();
  for (const [parent, entry] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      const key = `node_modules/${name}`;
      if (packages[key] || packages[`${parent}/${key}`] || found.has(key)) continue;
      found.set(key, describe(name, range, entry));
    }
  }
  return [...found];
}

function describe(name, range, parent) {
  const words = name.replace('windows', 'win32').split(/[-/]/);
  const os = OS.find((word) => words.includes(word));
  const cpu =
    CPU.find((word) => words.includes(word)) ??
    (words.some((word) => word.startsWith('arm')) ? 'arm' : undefined);
  return {
    version: range.replace(/^[\^~]/, ''),
    ...(cpu && { cpu: [cpu] }),
    ...(parent.dev && { dev: true }),
    optional: true,
    ...(os && { os: [os] }),
    ...(words.includes('musl') && { libc: ['musl'] }),
  };
}
