import { z } from 'zod';

import { Action } from '../../../shared/contracts/action.ts';

/**
 * The schema that Gemini constrains its answer with. It is flat (one object with `action` first and every argument optional) because
 * Gemini refuses deep unions; the strict union in shared/contracts judges what arrives. Derived from that union once, so the bytes
 * are the same for every request of a release.
 */
export interface GeminiSchema {
  readonly type: 'STRING' | 'NUMBER' | 'INTEGER' | 'BOOLEAN' | 'ARRAY' | 'OBJECT';
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly format?: 'enum';
  readonly items?: GeminiSchema;
  readonly properties?: Readonly<Record<string, GeminiSchema>>;
  readonly required?: readonly string[];
  readonly propertyOrdering?: readonly string[];
}

interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly JsonSchema[];
  readonly $ref?: string;
}

/** Objects of the contract that travel as flat arguments: `expect.url` is `expectUrl`, `keep.op` is `keepOp`. */
export const FLATTENED = ['expect', 'keep'] as const;

export function flatName(object: string, field: string): string {
  return `${object}${field.charAt(0).toUpperCase()}${field.slice(1)}`;
}

const variants = (z.toJSONSchema(Action, { io: 'input' }) as JsonSchema).oneOf ?? [];

function convert(schema: JsonSchema): GeminiSchema {
  const description = schema.description === undefined ? {} : { description: schema.description };
  // `$ref` is z.json(): any JSON, which travels as text because Gemini has no schema for it.
  if (schema.$ref !== undefined)
    return { type: 'STRING', description: `JSON as text; ${schema.description ?? ''}` };
  if (schema.enum) return { type: 'STRING', format: 'enum', enum: schema.enum, ...description };
  if (schema.type === 'array' && schema.items)
    return { type: 'ARRAY', items: convert(schema.items), ...description };
  if (schema.type === 'object' && schema.properties) {
    const properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, field]) => [name, convert(field)]),
    );
    return {
      type: 'OBJECT',
      properties,
      required: schema.required ?? [],
      propertyOrdering: Object.keys(properties),
      ...description,
    };
  }
  const type = (schema.type ?? 'string').toUpperCase() as GeminiSchema['type'];
  return { type, ...description };
}

/** Flat arguments of one variant, in the contract's order; `why` and `expect…` last, so that what a step does closes early. */
function flatten(variant: JsonSchema): [name: string, schema: GeminiSchema, required: boolean][] {
  const flat: [string, GeminiSchema, boolean][] = [];
  for (const [name, schema] of Object.entries(variant.properties ?? {})) {
    if (name === 'action') continue;
    if ((FLATTENED as readonly string[]).includes(name)) {
      for (const [field, inner] of Object.entries(schema.properties ?? {}))
        flat.push([flatName(name, field), convert(inner), false]);
    } else flat.push([name, convert(schema), variant.required?.includes(name) ?? false]);
  }
  return flat;
}

function actionName(variant: JsonSchema): string {
  return String(variant.properties?.['action']?.const);
}

/** Flat argument names by action, in order, with whether the contract requires them. */
export const WIRE_ARGUMENTS: ReadonlyMap<
  string,
  readonly { name: string; required: boolean; schema: GeminiSchema }[]
> = new Map(
  variants.map((variant) => [
    actionName(variant),
    flatten(variant).map(([name, schema, required]) => ({ name, schema, required })),
  ]),
);

function stepSchema(): GeminiSchema {
  const properties: Record<string, GeminiSchema> = {
    action: { type: 'STRING', format: 'enum', enum: [...WIRE_ARGUMENTS.keys()] },
  };
  const last: Record<string, GeminiSchema> = {};
  for (const args of WIRE_ARGUMENTS.values()) {
    for (const { name, schema } of args) {
      const into = name === 'why' || name.startsWith('expect') ? last : properties;
      // Arguments of the same name mean the same kind of thing; a description of one action would mislead in another.
      const { description: _one, ...bare } = schema;
      into[name] = into[name] ? bare : schema;
    }
  }
  const all = { ...properties, ...last };
  return {
    type: 'OBJECT',
    properties: all,
    required: ['action'],
    propertyOrdering: Object.keys(all),
  };
}

export const PLAN_SCHEMA: GeminiSchema = {
  type: 'OBJECT',
  properties: {
    thought: { type: 'STRING', description: 'about 15 words' },
    steps: { type: 'ARRAY', items: stepSchema() },
    notes: { type: 'STRING', description: 'what later turns must not forget' },
  },
  required: ['steps'],
  propertyOrdering: ['thought', 'steps', 'notes'],
};
