import type { Command } from './command.ts';
import type { Sentence } from './grammar.ts';

/** A command with its place in the goal. `if` stands before its body; `end` is the index behind the body. */
export interface Instruction {
  /** `4` for the fourth sentence, `4.2` for the second command in it. */
  readonly id: string;
  readonly text: string;
  readonly command: Command;
  readonly inCondition: boolean;
  readonly end?: number;
}

export function linearise(sentences: readonly Sentence[]): Instruction[] {
  const program: Instruction[] = [];
  const add = (id: string, text: string, command: Command, inCondition: boolean): void => {
    if (command.kind !== 'if') {
      program.push({ id, text, command, inCondition });
      return;
    }
    const at = program.length;
    program.push({ id, text, command, inCondition });
    for (const [index, inner] of command.body.entries())
      add(`${id}.${index + 1}`, text, inner, true);
    program[at] = { id, text, command, inCondition, end: program.length };
  };
  for (const { number, text, commands } of sentences) {
    for (const [index, command] of commands.entries())
      add(commands.length === 1 ? `${number}` : `${number}.${index + 1}`, text, command, false);
  }
  return program;
}

/** Names that sentences give to results, with the instruction that gives each. */
export function resultNames(program: readonly Instruction[]): Map<string, number> {
  const names = new Map<string, number>();
  for (const [index, { command }] of program.entries())
    if ('as' in command) names.set(command.as, index);
  return names;
}

/** What is wrong with a goal although each sentence is understood: results that no sentence before gives. */
export function programErrors(program: readonly Instruction[]): string[] {
  const errors: string[] = [];
  const known = new Set<string>();
  let taken = false;
  for (const { id, text, command } of program) {
    if ('as' in command) known.add(command.as);
    if (command.kind === 'take') taken = true;
    const row = 'row' in command && command.row?.kind === 'taken';
    const cell = command.kind === 'return' && command.items.some((item) => item.kind === 'cell');
    if ((command.kind === 'open-row' || row || cell) && !taken)
      errors.push(`sentence ${id} (${text}): no sentence before it takes a row`);
    if (command.kind !== 'return') continue;
    for (const item of command.items)
      if (item.kind === 'value' && !known.has(item.name))
        errors.push(`sentence ${id} (${text}): nothing before it is called "${item.name}"`);
  }
  return errors;
}

/** Arguments that are left for the executor to fill in, so that the plan shows where a value came from. */
const LATE = new Set(['url', 'as']);

/** Puts the values of inputs into names and texts that must be found on a page; what is typed keeps its placeholders. */
export function withInputs(
  program: readonly Instruction[],
  known: { readonly runId: string; readonly inputs: Readonly<Record<string, unknown>> },
): Instruction[] {
  const fill = (text: string): string =>
    text.replace(/\{\{(?:input\.([\w-]+)|(run\.id))\}\}/g, (whole, input: string | undefined) => {
      const value = input === undefined ? known.runId : known.inputs[input];
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? String(value)
        : whole;
    });
  const deep = (value: unknown, kind: string): unknown => {
    if (typeof value === 'string') return fill(value);
    if (Array.isArray(value)) return value.map((item) => deep(item, kind));
    if (typeof value !== 'object' || value === null) return value;
    const own = 'kind' in value && typeof value.kind === 'string' ? value.kind : kind;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        LATE.has(key) || (own === 'type' && key === 'text') ? item : deep(item, own),
      ]),
    );
  };
  return program.map((instruction) => ({
    ...instruction,
    command: deep(instruction.command, instruction.command.kind) as Command,
  }));
}
