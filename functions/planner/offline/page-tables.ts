import type { ExtractField } from '../../../shared/contracts/action.ts';
import type { Keep } from './command.ts';
import type { Page, PageLine, Unit } from './page-text.ts';
import { fold } from './resolver.ts';

/** A table as the observation shows it: lines with cells that follow each other, the first of them the header. */
export interface PageTable {
  readonly headers: readonly string[];
  readonly header: PageLine;
  readonly rows: readonly PageLine[];
}

function blocks(page: Page): PageLine[][] {
  const found: PageLine[][] = [];
  let open: PageLine[] = [];
  for (const line of page.lines) {
    if (line.cells.length > 1) open.push(line);
    else if (open.length > 0) {
      found.push(open);
      open = [];
    }
  }
  if (open.length > 0) found.push(open);
  return found;
}

/** The table that has all these columns; without columns the one with most rows. */
export function findTable(page: Page, columns: readonly string[]): PageTable | undefined {
  const tables = blocks(page).flatMap((lines) => {
    const wanted = columns.map(fold);
    const at =
      columns.length === 0
        ? 0
        : lines.findIndex((line) =>
            wanted.every((name) => line.cells.some((cell) => fold(cell.text) === name)),
          );
    const header = lines[at];
    if (at < 0 || !header) return [];
    const rows = lines
      .slice(at + 1)
      .filter((line) => line.cells.length >= Math.min(2, header.cells.length));
    return [{ header, headers: header.cells.map((cell) => cell.text), rows }];
  });
  return tables.toSorted((a, b) => b.rows.length - a.rows.length)[0];
}

/** Any ref inside the table, by which the executor finds it; none if there is nothing to operate in it. */
export function tableRef(table: PageTable): string | undefined {
  return [table.header, ...table.rows].flatMap((line) => line.units)[0]?.ref;
}

export function columnIndex(table: PageTable, column: string): number {
  return table.headers.findIndex((header) => fold(header) === fold(column));
}

export function columnValues(table: PageTable, column: string): string[] {
  const at = columnIndex(table, column);
  return at < 0
    ? []
    : table.rows.map((row) => row.cells[at]?.text ?? '').filter((value) => value !== '');
}

const DATE =
  /^(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}\.? \p{L}{3,}\.? \d{4}|\p{L}{3,}\.? \d{1,2},? \d{4})(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?$/u;
const MONEY = '[€$£¥]|EUR|USD|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CZK|CAD|AUD|CNY|INR';
const NUMBER = new RegExp(
  `^(?:${MONEY})?\\s?[-+−]?\\d{1,3}(?:[.,' \u00a0]?\\d{3})*(?:[.,]\\d+)?\\s?(?:${MONEY}|%)?$`,
);

/** The type that all values of a column have; digits that begin with 0 are an identifier, not a number. */
export function inferType(values: readonly string[]): ExtractField['type'] {
  if (values.length === 0) return 'text';
  if (values.every((value) => DATE.test(value))) return 'date';
  if (values.every((value) => NUMBER.test(value) && !/^0\d/.test(value))) return 'number';
  return 'text';
}

function numeric(value: string): number {
  const digits = value.replace(/[^\d.,-]/g, '');
  const decimal = /[.,](\d{1,2})$/.exec(digits);
  const whole = digits.slice(0, decimal ? decimal.index : digits.length).replace(/[.,]/g, '');
  return Number(`${whole}.${decimal?.[1] ?? '0'}`);
}

/** Comparable form of a date. `monthFirst`: how `3/4/2026` is meant. */
function dateKey(value: string, monthFirst = false): string {
  const iso = /^\d{4}-\d{2}-\d{2}/.exec(value);
  if (iso) return iso[0];
  const parts = /^(\d{1,2})[./-](\d{1,2})[./-](\d{4})/.exec(value);
  if (parts) {
    const [, a = '', b = '', year] = parts;
    const [day, month] = monthFirst ? [b, a] : [a, b];
    return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  }
  const time = Date.parse(`${value} UTC`);
  return Number.isNaN(time) ? value : new Date(time).toISOString();
}

/** One column writes its dates one way: a second part above 12 in any of them is a day. */
function isMonthFirst(values: readonly string[]): boolean {
  return values.some((value) => Number(/^\d{1,2}\/(\d{1,2})\//.exec(value)?.[1] ?? 0) > 12);
}

/** Whether the shown values of a column stand in this order; undefined when that cannot be told (fewer than two different ones). */
export function isSorted(values: readonly string[], descending: boolean): boolean | undefined {
  if (new Set(values).size < 2) return undefined;
  const type = inferType(values);
  const monthFirst = isMonthFirst(values);
  const compare = (a: string, b: string): number => {
    if (type === 'number') return numeric(a) - numeric(b);
    if (type === 'date') return dateKey(a, monthFirst).localeCompare(dateKey(b, monthFirst), 'en');
    return a.localeCompare(b, 'en', { sensitivity: 'base', numeric: true });
  };
  return values.every((value, index) => {
    const before = values[index - 1];
    return (
      before === undefined ||
      (descending ? compare(before, value) >= 0 : compare(before, value) <= 0)
    );
  });
}

const ISO_DATE = /^\d{4}-\d{2}-\d{2}/;

/** Whether a cell shows a value that was read from it: typed values (cents, numbers, ISO dates) look different on the page. */
function shows(cell: string, value: unknown): boolean {
  if (typeof value === 'number') {
    const shown = inferType([cell]) === 'number' ? numeric(cell) : Number.NaN;
    return shown === value || Math.round(shown * 100) === value;
  }
  if (typeof value !== 'string' || value === '') return false;
  return (
    fold(cell) === fold(value) ||
    (ISO_DATE.test(value) && DATE.test(cell) && dateKey(cell).slice(0, 10) === value.slice(0, 10))
  );
}

/** The line that shows most of these values, if it is alone at that. */
export function findRow(page: Page, values: readonly unknown[]): PageLine | undefined {
  const scored = page.lines
    .map((line) => ({
      line,
      score: values.filter((value) => line.cells.some((cell) => shows(cell.text, value))).length,
    }))
    .toSorted((a, b) => b.score - a.score);
  const [best, second] = scored;
  return best && best.score > 0 && best.score !== second?.score ? best.line : undefined;
}

/** Which of the rows that were read fits; undefined when none does or the values cannot be compared. */
export function pickRow(
  rows: readonly Record<string, unknown>[],
  keep: Keep,
  key: string,
): number | undefined {
  const { op, value = '' } = keep;
  if (op === 'equals' || op === 'contains') {
    const wanted = fold(value);
    const at = rows.findIndex((row) => {
      const cell = row[key];
      const shown = typeof cell === 'string' || typeof cell === 'number' ? fold(String(cell)) : '';
      return op === 'equals' ? shown === wanted : shown.includes(wanted);
    });
    return at < 0 ? undefined : at;
  }
  const rank = (row: Record<string, unknown>): number | string => {
    const cell = row[key];
    if (typeof cell === 'number') return cell;
    const text = typeof cell === 'string' ? cell : '';
    return op === 'largest' || op === 'smallest' ? numeric(text) : dateKey(text);
  };
  const wantsMore = op === 'largest' || op === 'newest';
  let best: number | undefined;
  for (const [index, row] of rows.entries()) {
    if (row[key] === null || row[key] === undefined) continue;
    const before = best === undefined ? undefined : rows[best];
    const [mine, theirs] = [rank(row), before && rank(before)];
    if (theirs === undefined || (wantsMore ? mine > theirs : mine < theirs)) best = index;
  }
  return best;
}

/** The row that shows this text somewhere, if only one does. */
export function rowWith(page: Page, text: string): PageLine | undefined {
  const exact = page.lines.filter((line) =>
    line.cells.some((cell) => fold(cell.text) === fold(text)),
  );
  const found =
    exact.length > 0
      ? exact
      : page.lines.filter((line) => line.units.length > 0 && fold(line.text).includes(fold(text)));
  return found.length === 1 ? found[0] : undefined;
}

/** What leads into a row: its link (in a column, if one is named), else its only button. */
export function rowEntrance(row: PageLine, at: number | undefined): Unit | undefined {
  const units = at === undefined ? row.units : (row.cells[at]?.units ?? []);
  return (
    units.find((unit) => unit.role === 'link') ??
    units.find((unit) => unit.role === 'button') ??
    units.find((unit) => unit.role === 'clickable')
  );
}
