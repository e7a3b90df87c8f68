import type { Command, Keep } from './command.ts';
import { pickRow } from './page-tables.ts';
import { fold } from './resolver.ts';
import type { TurnContext } from './turn-context.ts';

/** Which row `take the row …` means, and where its data is. */
export interface TakenRow {
  readonly row: Record<string, unknown>;
  readonly stepId: string;
  /** Within the data of that step. */
  readonly path: string;
}

/** Sentences that may stand between reading rows and taking one of them. */
const HARMLESS = new Set<Command['kind']>(['read', 'read-page', 'take', 'screenshot']);

function keyOf(
  row: Record<string, unknown>,
  header: string,
  as: string | undefined,
): string | undefined {
  return Object.keys(row).find((key) => key === as || fold(key) === fold(header));
}

/** The rows that a `take` chooses among: those that were read just before it, if they have the column. */
export function rowsBefore(context: TurnContext, takeIndex: number): number | undefined {
  const take = context.program[takeIndex]?.command;
  if (take?.kind !== 'take' || 'row' in take.keep) return undefined;
  const { column } = take.keep;
  for (let index = takeIndex - 1; index >= 0; index -= 1) {
    const command = context.program[index]?.command;
    if (command?.kind === 'rows') {
      const has =
        command.columns.length === 0 ||
        command.columns.some(
          (each) => fold(each.header) === fold(column) || fold(each.as) === fold(column),
        );
      return has ? index : undefined;
    }
    if (!command || !HARMLESS.has(command.kind)) return undefined;
  }
  return undefined;
}

function fromRows(context: TurnContext, rowsIndex: number, keep: Keep): TakenRow | undefined {
  const data = context.dataOf(rowsIndex);
  const stepId = context.progress.stepOf.get(rowsIndex);
  if (!Array.isArray(data) || stepId === undefined) return undefined;
  const rows = data as Record<string, unknown>[];
  const command = context.program[rowsIndex]?.command;
  const as =
    command?.kind === 'rows'
      ? command.columns.find((each) => fold(each.header) === fold(keep.column))?.as
      : undefined;
  const key = rows[0] && keyOf(rows[0], keep.column, as);
  const at = key === undefined ? undefined : pickRow(rows, keep, key);
  const row = at === undefined ? undefined : rows[at];
  return row && { row, stepId, path: String(at) };
}

/** The row of the `take` at this index; undefined while its data has not come back, or when nothing fitted. */
export function takenBy(context: TurnContext, takeIndex: number): TakenRow | undefined {
  const take = context.program[takeIndex]?.command;
  if (take?.kind !== 'take') return undefined;
  const own = context.progress.stepOf.get(takeIndex);
  if (own !== undefined) {
    const data = context.dataOf(takeIndex);
    const [row] = Array.isArray(data) ? (data as Record<string, unknown>[]) : [];
    return row && { row, stepId: own, path: '0' };
  }
  const source = rowsBefore(context, takeIndex);
  return source === undefined || 'row' in take.keep
    ? undefined
    : fromRows(context, source, take.keep);
}

/** The `take` that a sentence with "it" or "that row" speaks of. */
export function takeBefore(context: TurnContext, index: number): number {
  return context.program.findLastIndex(({ command }, at) => at < index && command.kind === 'take');
}
