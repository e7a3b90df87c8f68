import type { z } from 'zod';

import { Action } from '../../../shared/contracts/action.ts';
import { FLATTENED, WIRE_ARGUMENTS, flatName } from './wire-schema.ts';

export type WireItem = Readonly<Record<string, unknown>>;
export interface InvalidItem {
  readonly message: string;
  readonly received: string;
}
export type ParsedItem =
  | { readonly action: Action; readonly invalid?: never }
  | { readonly action?: never; readonly invalid: InvalidItem };

/** Text arguments for which empty text is a meaning and not a way to leave them out. */
const MAY_BE_EMPTY = new Set(['text', 'summary', 'expectValue', 'values']);

function shape(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') {
    const shown = value.length <= 40 ? value : `${value.slice(0, 40)}…`;
    return `${JSON.stringify(shown)} (${value.length} characters)`;
  }
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object')
    return `an object with ${Object.keys(value).join(', ') || 'nothing'}`;
  return `${typeof value} ${JSON.stringify(value)}`;
}

function usage(name: string): string {
  const args = WIRE_ARGUMENTS.get(name) ?? [];
  const list = args.map((arg) => (arg.required ? `${arg.name} (required)` : arg.name)).join(', ');
  return `${name} takes: ${list}.`;
}

function invalid(message: string, item: unknown): { invalid: InvalidItem } {
  return {
    invalid: {
      message: message.slice(0, 2_000),
      received: (JSON.stringify(item) ?? 'nothing').slice(0, 4_000),
    },
  };
}

/** What was left out: absent, null, or an empty string or list where that says nothing. */
function isLeftOut(name: string, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (MAY_BE_EMPTY.has(name)) return false;
  return value === '' || (Array.isArray(value) && value.length === 0);
}

/** A flat argument's name for a path of the nested contract: `expect.url` is called `expectUrl` in what the planner reads. */
function wireName(path: readonly PropertyKey[]): string {
  const [first, second, ...rest] = path.map(String);
  if (first === undefined) return 'the step';
  const nested = (FLATTENED as readonly string[]).includes(first) && second !== undefined;
  return [
    nested ? flatName(first, second) : first,
    ...(nested ? rest : path.slice(1).map(String)),
  ].join('.');
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null
        ? (inner as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  );
}

function describe(issue: z.core.$ZodIssue, nested: unknown): string {
  const got = valueAt(nested, issue.path);
  return `${wireName(issue.path)}: ${issue.message}; got ${shape(got)}.`;
}

/** Maps an item of the wire onto the strict contract. Nothing is guessed: what does not fit is named, with the cure. */
export function toAction(item: unknown): ParsedItem {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    return invalid(`A step is an object with "action"; got ${shape(item)}.`, item);
  const wire = item as WireItem;
  const name = wire['action'];
  const args = typeof name === 'string' ? WIRE_ARGUMENTS.get(name) : undefined;
  if (typeof name !== 'string' || !args)
    return invalid(
      `action: got ${shape(name)}; use one of ${[...WIRE_ARGUMENTS.keys()].join(', ')}.`,
      item,
    );

  const allowed = new Set(args.map((arg) => arg.name));
  const nested: Record<string, unknown> = { action: name };
  for (const [key, value] of Object.entries(wire)) {
    if (key === 'action' || isLeftOut(key, value)) continue;
    if (value === '' && !allowed.has(key)) continue;
    if (!allowed.has(key))
      return invalid(`${key}: ${name} has no such argument; leave it out. ${usage(name)}`, item);
    const object = FLATTENED.find(
      (prefix) =>
        key !== prefix && key.startsWith(prefix) && /^[A-Z]/.test(key.slice(prefix.length)),
    );
    if (object) {
      const rest = key.slice(object.length);
      const field = rest.charAt(0).toLowerCase() + rest.slice(1);
      // `false` for a condition that can only be demanded says that it is not.
      if (value === false) continue;
      nested[object] = { ...(nested[object] as object | undefined), [field]: value };
    } else if (key === 'idle' && value === false) continue;
    else if (key === 'result' && typeof value === 'string') {
      try {
        nested['result'] = JSON.parse(value);
      } catch {
        return invalid(
          `result: must be JSON as text, such as "{\\"total\\":1}"; got ${shape(value)}. Quote plain text twice.`,
          item,
        );
      }
    } else nested[key] = value;
  }
  const parsed = Action.safeParse(nested);
  if (parsed.success) return { action: parsed.data };
  const problems = parsed.error.issues.slice(0, 5).map((issue) => describe(issue, nested));
  return invalid(`${problems.join(' ')} ${usage(name)}`, item);
}

/** The flat form of an action, defaults left out of what says nothing: for rebuilding a plan and for the offline planner. */
export function toWireItem(action: Record<string, unknown>): Record<string, unknown> {
  const wire: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(action)) {
    if (value === undefined || (key === 'why' && value === '')) continue;
    if ((FLATTENED as readonly string[]).includes(key)) {
      for (const [field, inner] of Object.entries(value as object))
        wire[flatName(key, field)] = inner;
    } else wire[key] = key === 'result' ? JSON.stringify(value) : value;
  }
  return wire;
}
