// All that is checked of a tree of modules.
import { checkReferences } from './references.mjs';
import { checkSchema } from './check-schema.mjs';
import { missingFiles, readConfiguration } from './read-configuration.mjs';

export async function checkTree(root, schema) {
  const modules = await readConfiguration(root);
  const problems = [...modules.values()].flatMap((module) => [
    ...module.problems,
    ...missingFiles(root, module),
    ...checkVersions(module, schema),
    ...checkDeclarations(module),
  ]);
  problems.push(...checkSchema(modules, schema), ...checkReferences(modules, schema));
  return { modules, problems };
}

/** A provider that is pinned to another version than its schema here is checked against the wrong one. */
function checkVersions({ required, folder, versions }, schema) {
  const problems = Object.entries(required).flatMap(([name, { source, version }]) => {
    const where = `${folder}: required_providers.${name}`;
    const known = schema.providers[name];
    if (!known) return [`${where}: no schema of it is kept here`];
    if (source !== `hashicorp/${name}`) return [`${where}: the source is not hashicorp/${name}`];
    if (folder === '' && version === undefined) return [`${where}: is not pinned`];
    if (version !== undefined && version !== known.version)
      return [`${where}: pinned to "${version}", the schema here is of ${known.version}`];
    return [];
  });
  if (versions.length === 0) problems.push(`${folder || '.'}: says no required_version`);
  return problems;
}

function checkDeclarations({ variables, outputs }) {
  const problems = [];
  for (const [kind, all] of [
    ['variable', variables],
    ['output', outputs],
  ])
    for (const [name, { description, file }] of Object.entries(all))
      if (!description) problems.push(`${file}: ${kind} "${name}" says not what it is for`);
  for (const [name, { type, file, validation = [] }] of Object.entries(variables)) {
    if (!type) problems.push(`${file}: variable "${name}" has no type`);
    for (const { condition, error_message: message } of validation) {
      if (!String(condition).includes(`var.${name}`))
        problems.push(`${file}: a validation of "${name}" looks at something else`);
      if (!message) problems.push(`${file}: a validation of "${name}" says nothing`);
    }
  }
  return problems;
}
