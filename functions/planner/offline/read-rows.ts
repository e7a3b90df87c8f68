import type { CommandOf, Keep } from './command.ts';
import {
  columnValues,
  findTable,
  inferType,
  rowWith,
  tableRef,
  type PageTable,
} from './page-tables.ts';
import { ROLES, fold } from './resolver.ts';
import { rowsBefore, takenBy } from './taken-row.ts';
import { NEXT, STOP, type TurnContext, type Verdict } from './turn-context.ts';

/** Sentences that read rows of a table, or take one. */
function missingTable(context: TurnContext, index: number, columns: readonly string[]): Verdict {
  const wanted = columns.map((column) => `"${column}"`).join(', ');
  return context.seek(
    index,
    columns[0] ?? 'table',
    columns.length === 0 ? 'no table is shown.' : `no table with the columns ${wanted} is shown.`,
  );
}

function uniqueName(name: string, used: Set<string>): string {
  let unique = name;
  for (let number = 2; used.has(unique); number += 1) unique = `${name}${number}`;
  used.add(unique);
  return unique;
}

export function readRows(context: TurnContext, index: number, command: CommandOf<'rows'>): Verdict {
  const tired = context.exhausted(index);
  if (tired) return tired;
  const wanted = command.columns.map((column) => column.header);
  const table = findTable(context.page, wanted);
  if (!table) return missingTable(context, index, wanted);
  const used = new Set(command.columns.map((column) => column.as));
  const columns =
    command.columns.length > 0
      ? [...command.columns]
      : table.headers
          .filter((header) => header !== '')
          .map((header) => ({ header, as: uniqueName(header, used) }));
  const headers = columns.map((column) => column.header);
  const dated = (): string | undefined =>
    headers.find((header) => inferType(columnValues(table, header)) === 'date');
  let keepColumn = command.keep?.column;
  if (command.keep?.op === 'newest-month' && keepColumn === '') keepColumn = dated();
  if (command.keep && keepColumn === undefined)
    return context.fail(
      index,
      'no column of dates is shown; name it: in the newest month of "Date".',
    );
  if (keepColumn !== undefined && !headers.some((header) => fold(header) === fold(keepColumn)))
    columns.push({ header: keepColumn, as: uniqueName(keepColumn, used) });
  const fields = columns.map((column) => {
    const isMonth =
      command.keep?.op === 'newest-month' &&
      keepColumn !== undefined &&
      fold(column.header) === fold(keepColumn);
    const type =
      'type' in column && column.type !== undefined
        ? column.type
        : isMonth
          ? 'date'
          : inferType(columnValues(table, column.header));
    return { name: column.as, header: column.header, type };
  });
  const keepField = fields.find(
    (field) => keepColumn !== undefined && fold(field.header) === fold(keepColumn),
  )?.name;
  const next =
    command.next === undefined
      ? undefined
      : context.locate(index, { name: command.next }, ROLES.follow);
  if (next && 'verdict' in next) return next.verdict;
  const target = tableRef(table);
  context.emit(index, 'act', {
    action: 'extract',
    ...(target !== undefined && { target }),
    fields,
    ...(command.keep && { keepField, keepOp: command.keep.op }),
    ...(command.keep?.value !== undefined && { keepValue: command.keep.value }),
    ...(next && { next: next.unit.ref, maxPages: 1_000 }),
    name: command.as,
  });
  return NEXT;
}

function fieldsForTake(
  table: PageTable,
  keep: Keep | undefined,
): { name: string; header: string; type: string }[] {
  const used = new Set<string>();
  return table.headers
    .filter((header) => header !== '')
    .map((header) => {
      const isKept = keep !== undefined && fold(header) === fold(keep.column);
      const orderly = keep?.op !== 'equals' && keep?.op !== 'contains';
      const inferred = inferType(columnValues(table, header));
      const asked =
        keep?.op === 'newest' || keep?.op === 'oldest'
          ? 'date'
          : inferred === 'date'
            ? 'date'
            : 'number';
      return {
        name: uniqueName(header, used),
        header,
        type: isKept && orderly ? asked : inferred,
      };
    });
}

export function takeRow(context: TurnContext, index: number, command: CommandOf<'take'>): Verdict {
  const tired = context.exhausted(index);
  if (tired) return tired;
  const { keep } = command;
  if ('row' in keep) {
    const row = rowWith(context.page, keep.row);
    if (!row) return context.seek(index, keep.row, `no single row shows "${keep.row}".`);
    const table = findTable(context.page, []);
    const owner = table?.rows.includes(row) ? table : undefined;
    const at = row.cells.findIndex((cell) => fold(cell.text).includes(fold(keep.row)));
    const header = owner?.headers[at];
    if (!owner || header === undefined || header === '')
      return context.fail(index, `the row with "${keep.row}" is not in a table with headers.`);
    return take(
      context,
      index,
      owner,
      { column: header, op: 'contains', value: keep.row },
      command.as,
    );
  }
  const source = rowsBefore(context, index);
  if (source !== undefined) {
    if (context.emitted.has(source)) return STOP;
    if (takenBy(context, index)) return NEXT;
    const rows = context.dataOf(source);
    if (Array.isArray(rows))
      return context.fail(index, `none of the ${rows.length} rows that were read fits.`);
    return context.fail(
      index,
      'the rows that were read are too many to choose from here; read fewer, or take the row without reading rows before.',
    );
  }
  const table = findTable(context.page, [keep.column]);
  if (!table) return missingTable(context, index, [keep.column]);
  return take(context, index, table, keep, command.as);
}

function take(
  context: TurnContext,
  index: number,
  table: PageTable,
  keep: Keep,
  as: string,
): Verdict {
  const fields = fieldsForTake(table, keep);
  const target = tableRef(table);
  context.emit(index, 'act', {
    action: 'extract',
    ...(target !== undefined && { target }),
    fields,
    keepField: fields.find((field) => fold(field.header) === fold(keep.column))?.name,
    keepOp: keep.op,
    ...(keep.value !== undefined && { keepValue: keep.value }),
    name: as,
  });
  return NEXT;
}
