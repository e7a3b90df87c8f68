import type { CommandOf, RowRef } from './command.ts';
import type { PageLine } from './page-text.ts';
import {
  columnIndex,
  columnValues,
  findRow,
  findTable,
  isSorted,
  rowEntrance,
  rowWith,
} from './page-tables.ts';
import { ROLES, fold } from './resolver.ts';
import { takeBefore, takenBy } from './taken-row.ts';
import { NEXT, STOP, type TurnContext, type Verdict } from './turn-context.ts';

/** Sentences about a row that was taken, and the order of rows. */
const MAX_SORT_CLICKS = 4;

type RowLine = { readonly line: PageLine } | { readonly verdict: Verdict };

export function rowLine(context: TurnContext, index: number, ref: RowRef): RowLine {
  if (ref.kind === 'with') {
    const line = rowWith(context.page, ref.text);
    return line
      ? { line }
      : { verdict: context.seek(index, ref.text, `no single row shows "${ref.text}".`) };
  }
  const takeIndex = takeBefore(context, index);
  if (context.emitted.has(takeIndex)) return { verdict: STOP };
  const taken = takenBy(context, takeIndex);
  if (!taken)
    return {
      verdict: context.fail(
        index,
        'no row was taken: nothing fitted, or its data did not come back.',
      ),
    };
  const values = Object.values(taken.row);
  const line = findRow(context.page, values);
  const shown = values.find((value): value is string => typeof value === 'string' && value !== '');
  return line
    ? { line }
    : {
        verdict: context.seek(index, shown ?? 'row', 'the row that was taken is not shown here.'),
      };
}

export function openRow(
  context: TurnContext,
  index: number,
  command: CommandOf<'open-row'>,
): Verdict {
  const tired = context.exhausted(index);
  if (tired) return tired;
  const found = rowLine(context, index, { kind: 'taken' });
  if ('verdict' in found) return found.verdict;
  let at: number | undefined;
  if (command.column !== undefined) {
    const table = findTable(context.page, [command.column]);
    at = table ? columnIndex(table, command.column) : -1;
    // Not a column: then the name of something in the row.
    if (at < 0) {
      const located = context.locate(
        index,
        { name: command.column },
        ROLES.follow,
        found.line.units,
      );
      if ('verdict' in located) return located.verdict;
      context.emit(index, 'act', { action: 'click', target: located.unit.ref });
      return STOP;
    }
  }
  const entrance = rowEntrance(found.line, at);
  if (!entrance) return context.fail(index, 'nothing in that row can be opened.');
  context.emit(index, 'act', { action: 'click', target: entrance.ref });
  return STOP;
}

/** Clicks the column's header until the observation says that the order is right; then the sentence is done without a step. */
export function sortTable(
  context: TurnContext,
  index: number,
  command: CommandOf<'sort'>,
): Verdict {
  const table = findTable(context.page, [command.column]);
  const wanted = command.descending ? 'sort descending' : 'sort ascending';
  const inHeader = table
    ? (table.header.cells[columnIndex(table, command.column)]?.units ?? [])
    : [];
  const flagged = context.units.find(
    (unit) =>
      fold(unit.name) === fold(command.column) &&
      unit.flags.some((flag) => flag.startsWith('sort ')),
  );
  const control = flagged ?? inHeader[0];
  const says = control?.flags.find((flag) => flag.startsWith('sort '));
  const inOrder =
    says === undefined
      ? table && isSorted(columnValues(table, command.column), command.descending)
      : says === wanted;
  // An unflagged column that happens to stand in order counts only once a click has been tried, unless nothing can be clicked.
  const { phases } = context.tally(index);
  const clicks = phases.sort ?? 0;
  if (inOrder === true || (inOrder === undefined && clicks > 0)) return NEXT;
  if (context.steps.length > 0) return STOP;
  if (clicks >= MAX_SORT_CLICKS)
    return context.fail(
      index,
      `"${command.column}" was clicked ${clicks} times and the rows are still not ${command.descending ? 'descending' : 'ascending'}.`,
    );
  const found = control
    ? { unit: control }
    : context.locate(index, { name: command.column }, ROLES.click);
  if ('verdict' in found) return found.verdict;
  context.emit(index, 'sort', { action: 'click', target: found.unit.ref });
  return STOP;
}
