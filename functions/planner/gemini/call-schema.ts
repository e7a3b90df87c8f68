import { WIRE_ARGUMENTS, type GeminiSchema } from './wire-schema.ts';

/** Steps as functions, one to an action, with the same flat arguments: for models that refuse the plan's schema, and for Live. */
export interface FunctionDeclaration {
  readonly name: string;
  readonly description: string;
  readonly parameters?: GeminiSchema;
}

function declarationOf(name: string): FunctionDeclaration {
  const args = WIRE_ARGUMENTS.get(name) ?? [];
  const properties = Object.fromEntries(args.map((arg) => [arg.name, arg.schema]));
  return {
    name,
    description: `the step ${name}, as the action reference explains it`,
    // Gemini refuses objects without properties.
    ...(args.length > 0 && {
      parameters: {
        type: 'OBJECT',
        properties,
        required: args.filter((arg) => arg.required).map((arg) => arg.name),
        propertyOrdering: Object.keys(properties),
      },
    }),
  };
}

/** No step: the plan's `notes`. */
const NOTES: FunctionDeclaration = {
  name: 'notes',
  description: 'what later turns must not forget',
  parameters: {
    type: 'OBJECT',
    properties: { text: { type: 'STRING' } },
    required: ['text'],
    propertyOrdering: ['text'],
  },
};

/** Constant bytes per release. */
export const CALL_DECLARATIONS: readonly FunctionDeclaration[] = [
  ...[...WIRE_ARGUMENTS.keys()].map(declarationOf),
  NOTES,
];

/** What Gemini's own Computer Use has no call for. */
export const OWN_DECLARATIONS: readonly FunctionDeclaration[] = [
  ...['finish', 'ask'].map(declarationOf),
  NOTES,
];
