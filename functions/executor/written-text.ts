import type { Action } from '../../shared/contracts/action.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { SessionHost } from './browser-session.ts';
import { withoutPlaceholders } from './placeholders.ts';

/** Arguments in which a model writes what it likes; the others are refs, words of ours and numbers. */
const WRITTEN = new Set(
  'text url values files matches gone keys question choices summary result evidence name'.split(
    ' ',
  ),
);

/** Strings of a step that reach pages or people, other than by reference. */
export function writtenIn(action: Action): string[] {
  const texts: string[] = [];
  const visit = (value: unknown, written: boolean): void => {
    if (typeof value === 'string' && written) texts.push(withoutPlaceholders(value));
    else if (typeof value === 'object' && value !== null)
      for (const [key, each] of Object.entries(value)) visit(each, written || WRITTEN.has(key));
  };
  const { why: _why, expect: _expect, ...rest } = action;
  visit(rest, false);
  return texts;
}

/** What the model says to people must not give a secret away either. */
export function leakIn(host: SessionHost, action: Action): AppError | undefined {
  if (action.action !== 'finish' && action.action !== 'ask') return undefined;
  try {
    for (const text of writtenIn(action)) host.assertClean?.(text);
    return undefined;
  } catch (error) {
    return AppError.from(error);
  }
}
