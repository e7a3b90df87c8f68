// Resources against the provider's schema: names, required ones, blocks and kinds of values.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const OF_TERRAFORM = new Set([
  'count',
  'for_each',
  'provider',
  'depends_on',
  'lifecycle',
  'dynamic',
]);

export function readSchema() {
  const providers = JSON.parse(
    readFileSync(join(import.meta.dirname, 'provider-schema.json'), 'utf8'),
  );
  const tables = { resource: 'resources', data: 'data', ephemeral: 'ephemeral' };
  return {
    providers,
    find: (kind, type) =>
      Object.values(providers)
        .map((provider) => provider[tables[kind]][type])
        .find((block) => block !== undefined),
    providerOf: (kind, type) =>
      Object.keys(providers).find((name) => type in providers[name][tables[kind]]),
  };
}

export function checkSchema(modules, schema) {
  const problems = [];
  for (const module of modules.values()) {
    for (const { kind, type, name, body, file } of module.things) {
      const where = `${file}: ${type}.${name}`;
      if (type === 'terraform_data') continue;
      const block = schema.find(kind, type);
      if (!block) {
        problems.push(
          `${where}: the schema has no ${kind} "${type}"; if the provider has, add it to .ci/terraform/provider-types.mjs`,
        );
        continue;
      }
      problems.push(
        ...checkBlock(where, body, block),
        ...checkProvider(module, schema, where, kind, type, body),
      );
      for (const path of body.lifecycle?.[0]?.ignore_changes ?? []) {
        const [first] = /\w+/.exec(path) ?? [];
        if (path !== 'all' && !(first in block.attributes) && !(first in block.blocks))
          problems.push(`${where}: ignore_changes names "${first}", which there is not`);
      }
    }
  }
  return problems;
}

function checkProvider(module, schema, where, kind, type, body) {
  const owner = schema.providerOf(kind, type);
  const named = /[\w-]+/.exec(body.provider ?? '')?.[0] ?? type.split('_')[0];
  if (named !== owner) return [`${where}: is of the provider ${owner}, not ${named}`];
  const required = module.required[owner];
  if (!required) return [`${where}: ${owner} is not in required_providers of this module`];
  return [];
}

function* itemsOf(body, name) {
  for (const item of [body[name] ?? []].flat()) yield item;
  for (const { content = [] } of [body.dynamic?.[name] ?? []].flat()) yield* [content].flat();
}

function checkBlock(where, body, block) {
  const problems = [];
  for (const [name, value] of Object.entries(body)) {
    if (OF_TERRAFORM.has(name)) continue;
    if (name in block.blocks) {
      const isBlocks =
        Array.isArray(value) && value.every((item) => item && typeof item === 'object');
      if (!isBlocks) problems.push(`${where}: "${name}" is a block, not an attribute`);
      else if (!block.blocks[name].many && value.length > 1)
        problems.push(`${where}: "${name}" may stand once`);
    } else if (!(name in block.attributes)) problems.push(`${where}: there is no "${name}"`);
    else if (isSetByProvider(block.attributes[name]))
      problems.push(`${where}: "${name}" is set by the provider alone`);
    else problems.push(...checkValue(`${where}: "${name}"`, value, block.attributes[name].type));
  }
  for (const name of Object.keys(body.dynamic ?? {}))
    if (!(name in block.blocks)) problems.push(`${where}: there is no block "${name}"`);
  for (const [name, { required }] of Object.entries(block.attributes))
    if (required && !(name in body)) problems.push(`${where}: "${name}" is required`);
  for (const [name, nested] of Object.entries(block.blocks)) {
    const items = [...itemsOf(body, name)].filter((item) => item && typeof item === 'object');
    if (nested.required && items.length === 0)
      problems.push(`${where}: a block "${name}" is required`);
    for (const item of items) problems.push(...checkBlock(`${where}.${name}`, item, nested));
  }
  return problems;
}

const isSetByProvider = ({ computed }) => computed === true;
const isExpression = (value) => typeof value === 'string' && /(^|[^$])\$\{/.test(value);

function checkValue(where, value, type) {
  if (isExpression(value) || value === null) return [];
  const [kind, of] = Array.isArray(type) ? type : [type];
  const wrong = [
    `${where} takes ${Array.isArray(type) ? `a ${kind} of ${of}` : `a ${kind}`}, not ${JSON.stringify(value).slice(0, 60)}`,
  ];
  switch (kind) {
    case 'number':
      return typeof value === 'number' ||
        (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value)))
        ? []
        : wrong;
    case 'bool':
      return typeof value === 'boolean' || value === 'true' || value === 'false' ? [] : wrong;
    case 'string':
      return typeof value === 'object' ? wrong : [];
    case 'list':
      return Array.isArray(value) ? value.flatMap((item) => checkValue(where, item, of)) : wrong;
    case 'map':
      return typeof value === 'object' && !Array.isArray(value)
        ? Object.values(value).flatMap((item) => checkValue(where, item, of))
        : wrong;
    default:
      return [];
  }
}
