import type { CommandOf } from './command.ts';
import { resultNames } from './program.ts';
import { fold } from './resolver.ts';
import { takeBefore, takenBy } from './taken-row.ts';
import { STOP, type TurnContext, type Verdict } from './turn-context.ts';

/** Ends a program: results by reference to the steps that read them. */
function refOf(context: TurnContext, name: string): unknown {
  const index = resultNames(context.program).get(name) ?? -1;
  const literal = context.values[name] ?? context.progress.values[name];
  if (literal !== undefined) return literal;
  if (context.program[index]?.command.kind === 'take') {
    const taken = takenBy(context, index);
    return taken && { $step: taken.stepId, path: taken.path };
  }
  const stepId = context.emitted.get(index) ?? context.progress.stepOf.get(index);
  return stepId === undefined ? undefined : { $step: stepId };
}

/** Whether everything that a result refers to has come back; a row's shape is known only then. */
function isPending(context: TurnContext): boolean {
  return context.program.some(
    ({ command }, index) => command.kind === 'take' && context.emitted.has(index),
  );
}

function emitFinish(context: TurnContext, index: number, result: unknown): Verdict {
  const count = new Set(context.program.map(({ id }) => id.split('.')[0])).size;
  context.emit(index, 'finish', {
    action: 'finish',
    status: 'success',
    summary: `All ${count} sentences are done.`,
    ...(result !== undefined && { result: JSON.stringify(result) }),
  });
  return STOP;
}

export function returnItems(
  context: TurnContext,
  index: number,
  command: CommandOf<'return'>,
): Verdict {
  if (isPending(context)) return STOP;
  const result: Record<string, unknown> = {};
  for (const item of command.items) {
    if (item.kind === 'value') {
      const ref = refOf(context, item.name);
      if (ref === undefined) {
        const giver = context.program[resultNames(context.program).get(item.name) ?? -1];
        // What stands under a condition that did not hold was never read.
        result[item.as] = null;
        if (giver && !giver.inCondition)
          return context.fail(index, `"${item.name}" was never read.`);
      } else result[item.as] = ref;
      continue;
    }
    const taken = takenBy(context, takeBefore(context, index));
    const key = taken && Object.keys(taken.row).find((name) => fold(name) === fold(item.column));
    if (!taken || key === undefined)
      return context.fail(index, `the row that was taken has no "${item.column}".`);
    // A path cannot name a key with a dot in it.
    result[item.as] = key.includes('.')
      ? taken.row[key]
      : { $step: taken.stepId, path: `${taken.path}.${key}` };
  }
  return emitFinish(context, index, result);
}

export function returnText(context: TurnContext, index: number, text: string): Verdict {
  return emitFinish(context, index, text);
}

/** `done`, or the end of the goal: whatever was read under a name is the result. */
export function finishWithAll(context: TurnContext, index: number): Verdict {
  if (isPending(context)) return STOP;
  const entries = [...resultNames(context.program)].flatMap(([name, at]) => {
    const ref = refOf(context, name);
    return ref === undefined || context.program[at]?.command.kind === 'ask'
      ? []
      : [[name, ref] as const];
  });
  return emitFinish(context, index, entries.length === 0 ? undefined : Object.fromEntries(entries));
}
