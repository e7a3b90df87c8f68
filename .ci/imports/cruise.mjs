import { readdirSync } from 'node:fs';
import { cruise } from 'dependency-cruiser';
import './swc-using.mjs';
import { ROOMS } from './rooms.mjs';
import { RULES } from './rules.mjs';

const TOP = ['functions', 'shared'];

/** Cruises a tree and returns what is wrong with it, one line each. */
export async function findViolations(baseDir) {
  const onDisk = listSources(baseDir);
  const { output } = await cruise(
    TOP,
    {
      baseDir,
      parser: 'swc',
      tsPreCompilationDeps: true,
      validate: true,
      ruleSet: { forbidden: RULES },
      doNotFollow: { path: 'node_modules' },
      moduleSystems: ['es6', 'cjs'],
      outputType: 'json',
    },
    {
      extensions: ['.ts', '.js', '.json'],
      conditionNames: ['node', 'import', 'require', 'types'],
      exportsFields: ['exports'],
    },
  );
  const result = typeof output === 'string' ? JSON.parse(output) : output;
  const seen = result.modules.map((m) => m.source).filter((source) => onDisk.includes(source));
  return {
    files: onDisk.length,
    dependencies: result.summary.totalDependenciesCruised,
    violations: [
      ...result.summary.violations.map((v) => ({
        rule: v.rule.name,
        file: v.from,
        text: `${v.from} -> ${v.to}`,
      })),
      ...unseen(onDisk, seen),
      ...homeless(onDisk),
    ],
  };
}

// A parser that cannot read TypeScript sees nothing and reports nothing: silence must not pass.
function unseen(onDisk, seen) {
  const set = new Set(seen);
  return onDisk
    .filter((file) => !set.has(file))
    .map((file) => ({ rule: 'guard-unseen', file, text: `${file} was not read by the cruiser` }));
}

function homeless(onDisk) {
  return onDisk
    .filter((file) => !ROOMS.some((room) => new RegExp(room.files).test(file)))
    .map((file) => ({ rule: 'guard-homeless', file, text: `${file} is in no room of rooms.mjs` }));
}

function listSources(baseDir) {
  return TOP.flatMap((top) => {
    try {
      return readdirSync(`${baseDir}/${top}`, { recursive: true }).map((name) => `${top}/${name}`);
    } catch {
      return [];
    }
  })
    .filter((file) => file.endsWith('.ts') && !file.includes('node_modules/'))
    .toSorted();
}
