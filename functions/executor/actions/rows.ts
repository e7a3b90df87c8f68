import type { z } from 'zod';

import type { ExtractField, ExtractKeep } from '../../../shared/contracts/action.ts';
import { parseCents, parseNumber } from './amounts.ts';
import { parseDate } from './dates.ts';

export type Cell = string | number | null;
export type Row = Record<string, Cell>;
type Keep = z.infer<typeof ExtractKeep>;

/** The typed value of a cell; null when the text does not hold one. */
export function typed(text: string | null, type: ExtractField['type'], dayFirst = false): Cell {
  if (text === null) return null;
  switch (type) {
    case 'number':
      return parseNumber(text) ?? null;
    case 'cents':
      return parseCents(text) ?? null;
    case 'date':
      return parseDate(text, dayFirst) ?? null;
    default:
      return text;
  }
}

const fold = (value: Cell): string =>
  String(value ?? '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();

function compare(left: Cell, right: Cell): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return String(left) < String(right) ? -1 : String(left) > String(right) ? 1 : 0;
}

/** The rows that a filter keeps, judged on typed values; of equals the first row wins. */
export function kept(rows: readonly Row[], keep: Keep | undefined): Row[] {
  if (!keep) return [...rows];
  const { field, op, value } = keep;
  const present = rows.filter((row) => row[field] !== null && row[field] !== undefined);
  const extreme = (sign: 1 | -1): Row | undefined =>
    present.reduce<Row | undefined>(
      (best, row) =>
        best === undefined || sign * compare(row[field] ?? null, best[field] ?? null) > 0
          ? row
          : best,
      undefined,
    );
  switch (op) {
    case 'largest':
    case 'newest': {
      const best = extreme(1);
      return best ? [best] : [];
    }
    case 'smallest':
    case 'oldest': {
      const best = extreme(-1);
      return best ? [best] : [];
    }
    case 'newest-month': {
      const month = fold(extreme(1)?.[field] ?? null).slice(0, 7);
      return present.filter((row) => fold(row[field] ?? null).slice(0, 7) === month);
    }
    case 'equals':
      return present.filter(
        (row) =>
          fold(row[field] ?? null) === fold(value ?? '') ||
          (typeof row[field] === 'number' && row[field] === parseNumber(value ?? '')),
      );
    case 'contains':
      return present.filter((row) => fold(row[field] ?? null).includes(fold(value ?? '')));
  }
}
