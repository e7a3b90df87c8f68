// Reads a tree of Terraform modules: no binary and no provider is needed.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

import { parse } from '@cdktf/hcl2json';

const BLOCKS = ['resource', 'data', 'ephemeral'];

/**
 * Every folder below `root` that holds .tf files, by its path from there ('' for the root itself):
 * `{ things: [{ kind, type, name, body, file }], variables, outputs, locals, calls, providers, required, problems }`.
 */
export async function readConfiguration(root) {
  const modules = new Map();
  const folders = new Set(
    readdirSync(root, { recursive: true })
      .filter((name) => name.endsWith('.tf') && !name.includes('.terraform/'))
      .map((name) => dirname(name)),
  );
  for (const folder of folders)
    modules.set(folder === '.' ? '' : folder, await readModule(root, folder === '.' ? '' : folder));
  return modules;
}

async function readModule(root, folder) {
  const found = {
    folder,
    things: [],
    variables: {},
    outputs: {},
    locals: {},
    calls: {},
    providers: [],
    required: {},
    versions: [],
    backends: 0,
    problems: [],
  };
  for (const name of readdirSync(join(root, folder)).toSorted()) {
    if (!name.endsWith('.tf')) continue;
    const file = normalize(join(folder, name));
    try {
      collect(found, file, await parse(name, readFileSync(join(root, file), 'utf8')));
    } catch (error) {
      const [first] = String(error.message ?? error).split('\n');
      found.problems.push(`${file}: ${first}`);
    }
  }
  return found;
}

function collect(found, file, json) {
  const once = (into, kind, name, bodies) => {
    if (bodies.length > 1 || name in into)
      found.problems.push(`${file}: ${kind} "${name}" is declared twice`);
    into[name] = { ...bodies[0], file };
  };
  for (const kind of BLOCKS)
    for (const [type, named] of Object.entries(json[kind] ?? {}))
      for (const [name, bodies] of Object.entries(named)) {
        const known = found.things.some(
          (each) => each.kind === kind && each.type === type && each.name === name,
        );
        if (known || bodies.length > 1)
          found.problems.push(`${file}: ${kind} "${type}" "${name}" is declared twice`);
        found.things.push({ kind, type, name, body: bodies[0], file });
      }
  for (const [name, bodies] of Object.entries(json.variable ?? {}))
    once(found.variables, 'variable', name, bodies);
  for (const [name, bodies] of Object.entries(json.output ?? {}))
    once(found.outputs, 'output', name, bodies);
  for (const [name, bodies] of Object.entries(json.module ?? {}))
    once(found.calls, 'module', name, bodies);
  for (const group of json.locals ?? [])
    for (const [name, value] of Object.entries(group)) {
      if (name in found.locals) found.problems.push(`${file}: local "${name}" is declared twice`);
      found.locals[name] = { value, file };
    }
  for (const [name, bodies] of Object.entries(json.provider ?? {}))
    found.providers.push(...bodies.map((body) => ({ name, body, file })));
  for (const settings of json.terraform ?? []) {
    for (const providers of settings.required_providers ?? [])
      Object.assign(found.required, providers);
    if (settings.required_version) found.versions.push(settings.required_version);
    if (settings.backend) found.backends += 1;
  }
  const known = [...BLOCKS, 'variable', 'output', 'module', 'locals', 'provider', 'terraform'];
  for (const kind of Object.keys(json))
    if (!known.includes(kind)) found.problems.push(`${file}: a block "${kind}" is not read here`);
}

/** Folder of the module that a call names, from the same root; undefined when it is not a local one. */
export function calledFolder(module, call) {
  const source = call.source ?? '';
  if (!source.startsWith('./') && !source.startsWith('../')) return undefined;
  const folder = normalize(join(module.folder, source));
  return folder === '.' ? '' : folder;
}

/** Files that expressions read by a path that stands in them, seen from the root. */
export function missingFiles(root, module) {
  const text = JSON.stringify([module.things, module.locals, module.calls, module.outputs]);
  const named = [
    ...text.matchAll(/(?:file|templatefile|filesha256)\(\\?"\$\{path\.module\}\/([^"\\$]+)\\?"/g),
  ];
  return named
    .map(([, path]) => path)
    .filter((path) => !existsSync(join(root, module.folder, path)))
    .map((path) => `${module.folder || '.'}: reads a file that is not there: ${path}`);
}
