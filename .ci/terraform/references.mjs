// What expressions refer to: found in the text of templates, resolved within a module and across its calls.
import { calledFolder } from './read-configuration.mjs';

/** Code inside `${…}` and `%{…}` of a template, with strings taken out (templates in them are looked into as well). */
export function codeOf(template) {
  const pieces = [];
  let at = 0;
  const text = () => {
    // In a string: up to its end, or the end of the template.
    while (at < template.length) {
      const two = template.slice(at, at + 2);
      if (two === '\\"' || two === '\\\\') at += 2;
      else if (template.startsWith('$${', at) || template.startsWith('%%{', at)) at += 3;
      else if (two === '${' || two === '%{') {
        at += 2;
        code();
      } else if (template[at] === '"' && depth > 0) {
        at += 1;
        return;
      } else at += 1;
    }
  };
  let depth = 0;
  const code = () => {
    depth += 1;
    let braces = 0;
    let piece = '';
    while (at < template.length) {
      const char = template[at];
      at += 1;
      if (char === '"') {
        piece += '""';
        text();
        continue;
      }
      if (char === '{') braces += 1;
      if (char === '}') {
        if (braces === 0) break;
        braces -= 1;
      }
      piece += char;
    }
    pieces.push(piece);
    depth -= 1;
  };
  text();
  return pieces;
}

const TRAVERSAL = /(?<![\w.\]])([a-z_][\w-]*)((?:\s*\.\s*[a-zA-Z_][\w-]*|\.\*|\[[^\]]*\])+)/g;

/** `['var', 'name', …]` of every traversal in a value: strings in lists and objects too. Index steps are left out. */
export function traversalsOf(value) {
  if (typeof value === 'string')
    return codeOf(value).flatMap((piece) =>
      [...piece.matchAll(TRAVERSAL)].map(([, root, rest]) => [
        root,
        ...[...rest.replaceAll(/\[[^\]]*\]/g, '').matchAll(/\.\s*([a-zA-Z_][\w-]*)/g)].map(
          ([, step]) => step,
        ),
      ]),
    );
  if (Array.isArray(value)) return value.flatMap(traversalsOf);
  if (value && typeof value === 'object')
    return Object.entries(value).flatMap(([key, each]) => [
      ...traversalsOf(key),
      ...traversalsOf(each),
    ]);
  return [];
}

/** Inside indexes: `local.a[var.b]` refers to both. */
const nested = (value) => {
  const text = JSON.stringify(value) ?? '';
  return [...text.matchAll(/\[((?:var|local|each|module)\.[\w.]+)\]/g)].map(([, path]) =>
    path.split('.'),
  );
};

export function checkReferences(modules, schema) {
  const problems = [];
  for (const module of modules.values()) {
    const used = { var: new Set(), local: new Set() };
    for (const { where, value, each, count } of expressionsOf(module))
      for (const path of [...traversalsOf(value), ...nested(value)]) {
        const problem = resolve(modules, module, schema, path, { each, count, used });
        if (problem) problems.push(`${where}: ${path.join('.')}: ${problem}`);
      }
    for (const [name, { file }] of Object.entries(module.variables))
      if (!used.var.has(name)) problems.push(`${file}: variable "${name}" is used nowhere`);
    for (const [name, { file }] of Object.entries(module.locals))
      if (!used.local.has(name)) problems.push(`${file}: local "${name}" is used nowhere`);
    problems.push(...checkCalls(modules, module));
  }
  return problems;
}

function* expressionsOf(module) {
  for (const { kind, type, name, body, file } of module.things) {
    const address = `${file}: ${kind === 'resource' ? '' : `${kind}.`}${type}.${name}`;
    const { lifecycle, ...rest } = body;
    const { ignore_changes: _ignored, ...conditions } = lifecycle?.[0] ?? {};
    const own = { each: 'for_each' in body, count: 'count' in body };
    yield { where: address, value: { ...rest, conditions }, ...own };
  }
  for (const [name, { value, file }] of Object.entries(module.locals))
    yield { where: `${file}: local.${name}`, value };
  for (const [name, { file, ...body }] of Object.entries(module.outputs))
    yield { where: `${file}: output.${name}`, value: body };
  for (const [name, { file, providers: _providers, ...body }] of Object.entries(module.calls))
    yield {
      where: `${file}: module.${name}`,
      value: body,
      each: 'for_each' in body,
      count: 'count' in body,
    };
  for (const { name, body, file } of module.providers)
    yield { where: `${file}: provider.${name}`, value: body };
  for (const [name, { file, validation = [], default: value }] of Object.entries(module.variables))
    yield { where: `${file}: variable.${name}`, value: [validation, value] };
}

function resolve(modules, module, schema, [root, name, ...rest], { each, count, used }) {
  switch (root) {
    case 'var':
      used.var.add(name);
      return name in module.variables ? undefined : 'no such variable';
    case 'local':
      used.local.add(name);
      return name in module.locals ? undefined : 'no such local';
    case 'each':
      return each ? undefined : 'each is known only where for_each is set';
    case 'count':
      return count ? undefined : 'count is known only where count is set';
    case 'path':
      return ['module', 'root', 'cwd'].includes(name) ? undefined : 'no such path';
    case 'module': {
      const call = module.calls[name];
      if (!call) return 'no such module';
      const outputs = modules.get(calledFolder(module, call))?.outputs ?? {};
      return rest.length === 0 || rest[0] in outputs ? undefined : 'the module has no such output';
    }
    case 'data':
    case 'ephemeral':
      return thing(module, schema, root, name, rest);
    default:
      // Names of loops, of dynamic blocks and of objects within are no concern of this.
      if (!/^(google|random|archive|terraform)_/.test(root)) return undefined;
      return thing(module, schema, 'resource', root, [name, ...rest]);
  }
}

function thing(module, schema, kind, type, [name, attribute]) {
  const known = module.things.some(
    (each) => each.kind === kind && each.type === type && each.name === name,
  );
  if (!known) return `no such ${kind}`;
  const block = schema.find(kind, type);
  if (!block || attribute === undefined) return undefined;
  return attribute in block.attributes || attribute in block.blocks
    ? undefined
    : `${type} has no attribute "${attribute}"`;
}

const OF_CALLS = new Set([
  'source',
  'version',
  'providers',
  'count',
  'for_each',
  'depends_on',
  'file',
]);

function checkCalls(modules, module) {
  const problems = [];
  for (const [name, call] of Object.entries(module.calls)) {
    const where = `${call.file}: module.${name}`;
    const folder = calledFolder(module, call);
    const called = folder === undefined ? undefined : modules.get(folder);
    if (!called) {
      problems.push(`${where}: no module stands at "${call.source ?? ''}"`);
      continue;
    }
    for (const given of Object.keys(call))
      if (!OF_CALLS.has(given) && !(given in called.variables))
        problems.push(`${where}: ${folder} has no variable "${given}"`);
    for (const [wanted, { default: value }] of Object.entries(called.variables))
      if (value === undefined && !(wanted in call))
        problems.push(`${where}: ${folder} needs "${wanted}"`);
  }
  return problems;
}
