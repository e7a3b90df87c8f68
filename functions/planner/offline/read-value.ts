import type { CommandOf } from './command.ts';
import type { Page } from './page-text.ts';
import { resolve, ROLES, fold } from './resolver.ts';
import { NEXT, type TurnContext, type Verdict } from './turn-context.ts';

const FIELD_ROLES = new Set([
  'textbox',
  'searchbox',
  'password',
  'spinbutton',
  'combobox',
  'select',
  'editor',
  'date',
  'time',
  'color',
  'slider',
]);

/** The text that a label on the page stands for: behind it in its line or row, else the line below. */
export function labelledText(page: Page, label: string): string | undefined {
  const wanted = fold(label);
  const { lines } = page;
  for (const [index, line] of lines.entries()) {
    const at = line.cells.findIndex((cell) => fold(cell.text) === wanted);
    if (at >= 0) {
      const beside = line.cells[at + 1]?.text;
      if (beside !== undefined && beside !== '') return beside;
      const below = lines[index + 1];
      // In a table the value stands under its header, in the same column.
      const value = line.cells.length > 1 ? below?.cells[at]?.text : below?.text;
      if (value !== undefined && value !== '') return value;
    }
    for (const { text } of line.cells) {
      const colon = /^(.{1,120}?)\s*[:：]\s*(\S.*)$/u.exec(text);
      if (colon?.[1] !== undefined && fold(colon[1]) === wanted) return colon[2];
    }
  }
  const before = lines
    .flatMap((line) => line.cells)
    .find((cell) => fold(cell.text).startsWith(`${wanted} `));
  return before?.text.slice(label.length).trim();
}

/** `read "Order total" as total`: a control's value by its step; text that has no ref is noted, and looked for to prove it. */
export function readValue(
  context: TurnContext,
  index: number,
  command: CommandOf<'read'>,
): Verdict {
  const tired = context.exhausted(index);
  if (tired) return tired;
  const control = resolve(
    context.units.filter((unit) => FIELD_ROLES.has(unit.role)),
    { name: command.what },
    ROLES.any,
  );
  if (control.kind === 'found' && control.exact) {
    context.emit(index, 'act', {
      action: 'read',
      target: control.unit.ref,
      as: 'value',
      name: command.as,
    });
    return NEXT;
  }
  const text = labelledText(context.page, command.what);
  if (text !== undefined) {
    context.emit(index, 'act', { action: 'find', text: text.slice(0, 500) });
    context.values[command.as] = text;
    return NEXT;
  }
  const other = context.locate(index, { name: command.what }, ROLES.any);
  if ('verdict' in other) return other.verdict;
  context.emit(index, 'act', {
    action: 'read',
    target: other.unit.ref,
    as: 'text',
    name: command.as,
  });
  return NEXT;
}
