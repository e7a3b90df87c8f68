// Writes provider-schema.json: what the providers' schemas say of the types that terraform/ uses. The schemas are read from the npm packages that
// HashiCorp made from them (MPL-2.0); these are too large to depend on (100 MB unpacked), so names and types alone are kept.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { BY_HAND, DATA, PROVIDERS, RESOURCES } from './provider-types.mjs';

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** What a type of jsii is in Terraform's own terms, and the struct that a block is made of. */
function typeOf(type) {
  if (type.primitive) return { type: type.primitive === 'boolean' ? 'bool' : type.primitive };
  if (type.union) {
    const parts = type.union.types.filter((part) => part.fqn !== 'cdktf.IResolvable');
    const list = parts.find((part) => part.collection);
    const [first] = parts.filter((part) => part !== list);
    if (list) return typeOf(list);
    return first ? typeOf(first) : { type: 'bool' };
  }
  if (type.collection) {
    const of = typeOf(type.collection.elementtype);
    if (of.block) return { block: of.block, many: true };
    return { type: [type.collection.kind === 'map' ? 'map' : 'list', of.type] };
  }
  const known = { 'cdktf.StringMap': ['map', 'string'], 'cdktf.IResolvable': 'bool' };
  if (known[type.fqn]) return { type: known[type.fqn] };
  return type.fqn.startsWith('cdktf.') ? { type: 'string' } : { block: type.fqn };
}

/** What an output is; blocks that only the provider fills are lists of objects. */
function outputType(types, type) {
  const { fqn } = type;
  if (!fqn || fqn.startsWith('cdktf.')) return typeOf(type).type;
  const element = types[fqn.replace(/List$/, 'OutputReference')] ?? types[fqn];
  const fields = (element.properties ?? [])
    .filter(
      ({ name, static: isStatic }) => !isStatic && !SKIPPED.has(name) && !name.endsWith('Input'),
    )
    .map(({ name, type: own }) => [snake(name), outputType(types, own)]);
  return ['list', ['object', Object.fromEntries(fields)]];
}

const SKIPPED = new Set(['cdktfStack', 'tfResourceType', 'internalValue', 'fqn', 'creationStack']);

/** Attributes that only the provider sets. */
function computedOf(types, fqn, given) {
  const found = {};
  for (const { name, type, static: isStatic } of types[fqn]?.properties ?? []) {
    const own = snake(name);
    if (isStatic || given.has(own) || SKIPPED.has(name) || name.endsWith('Input')) continue;
    found[own] = { type: outputType(types, type), computed: true };
  }
  return found;
}

function blockOf(types, struct, output) {
  const block = { attributes: {}, blocks: {} };
  const mixins = new Set([
    'connection',
    'count',
    'depends_on',
    'for_each',
    'lifecycle',
    'provider',
  ]);
  for (const property of types[struct]?.properties ?? []) {
    const name = snake(property.name);
    if (mixins.has(name) || name === 'provisioners') continue;
    // The registry's own name, where the link has it: initials and digits do not survive camel case.
    const link =
      /#(\w+) /.exec(property.docs?.remarks ?? property.docs?.summary ?? '')?.[1] ?? name;
    const { type, block: nested, many } = typeOf(property.type);
    const required = !property.optional;
    if (nested)
      block.blocks[link] = {
        ...(required && { required }),
        ...(many && { many }),
        ...blockOf(types, nested, `${nested}OutputReference`),
      };
    else block.attributes[link] = { type, ...(required && { required }) };
  }
  const given = new Set([...Object.keys(block.attributes), ...Object.keys(block.blocks)]);
  Object.assign(block.attributes, computedOf(types, output, given));
  return block;
}

function readPackage(name, dir) {
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--silent', name], { cwd: dir, encoding: 'utf8' }),
  );
  execFileSync('tar', ['xzf', filename, 'package/.jsii'], { cwd: dir });
  return JSON.parse(readFileSync(join(dir, 'package/.jsii'), 'utf8')).types;
}

function pick(types, names, provider, base) {
  const found = {};
  for (const [fqn, type] of Object.entries(types)) {
    if (type.base !== base) continue;
    const docs = JSON.stringify(type.docs ?? {});
    const name = /\/(?:resources|data-sources)\/(\w+) (\w+)\}/.exec(docs)?.[2];
    if (!names.includes(name)) continue;
    if (!docs.includes(`/${PROVIDERS[provider].version}/`))
      throw new Error(`${name} is not of ${provider} ${PROVIDERS[provider].version}: ${docs}`);
    found[name] = blockOf(types, `${fqn}Config`, fqn);
  }
  const missing = names.filter((name) => !(name in found));
  if (missing.length > 0) throw new Error(`${provider} has no ${missing.join(', ')}`);
  return Object.fromEntries(names.map((name) => [name, found[name]]));
}

const schema = {};
for (const [provider, { npm, version }] of Object.entries(PROVIDERS)) {
  const dir = mkdtempSync(join(tmpdir(), 'rodex-schema-'));
  try {
    const types = readPackage(npm, dir);
    schema[provider] = {
      version,
      source: `npm:${npm} (MPL-2.0)`,
      resources: pick(types, RESOURCES[provider], provider, 'cdktf.TerraformResource'),
      data: pick(types, DATA[provider], provider, 'cdktf.TerraformDataSource'),
      ephemeral: {},
    };
  } finally {
    rmSync(dir, { recursive: true });
  }
}
for (const [provider, { version, source, ephemeral }] of Object.entries(BY_HAND))
  schema[provider] = { version, source, resources: {}, data: {}, ephemeral };

const lines = Object.entries(schema).map(([provider, { version, source, ...kinds }]) => {
  const said = Object.entries(kinds).map(([kind, types]) => {
    const rows = Object.entries(types).map(
      ([name, block]) => `"${name}": ${JSON.stringify(block)}`,
    );
    return `"${kind}": {${rows.length > 0 ? `\n${rows.join(',\n')}\n` : ''}}`;
  });
  return `"${provider}": {\n"version": "${version}",\n"source": "${source}",\n${said.join(',\n')}\n}`;
});
const file = join(import.meta.dirname, 'provider-schema.json');
writeFileSync(file, `{\n${lines.join(',\n')}\n}\n`);
console.log(`${file}: ${Math.round(readFileSync(file).length / 1024)} KiB`);
