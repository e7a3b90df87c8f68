import { watch } from 'node:fs';
import { join } from 'node:path';

const FUNCTIONS = join(import.meta.dirname, '../..');
const QUIET_MS = 200;

/**
 * Calls back after sources changed and kept still for a moment: with a function's name when only its own changed, else without.
 * Returns what ends it.
 */
export function watchSources(onChange: (changed: string | undefined) => Promise<void>): () => void {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let working = Promise.resolve();
  const heard = (owner: string, file: string | null): void => {
    if (file === null || !/\.(ts|js|json)$/.test(file) || file.includes('.test.')) return;
    changed.add(owner === 'functions' ? (file.split('/')[0] ?? owner) : owner);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const names = [...changed];
      changed.clear();
      const only = names.length === 1 && names[0] !== 'shared' ? names[0] : undefined;
      working = working.then(async () => onChange(only));
    }, QUIET_MS);
  };
  const watchers = (['functions', 'shared'] as const).map((owner) =>
    watch(join(FUNCTIONS, '..', owner), { recursive: true }, (_event, file) => heard(owner, file)),
  );
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
