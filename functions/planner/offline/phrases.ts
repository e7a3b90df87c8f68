import type { Name } from './command.ts';
import { TOKEN, type Literal } from './goal-tokens.ts';

/** Pieces that sentences are made of. Each returns undefined for what it does not know: nothing is guessed. */
const NOUNS =
  'button|link|tab|field|text ?box|input|box|search ?box|check ?box|radio(?: button)?|option|menu item|menu|drop-?down|list|combo ?box|select|switch|toggle|slider|icon|heading|column|image|page|section|entry|item';
const NOUN_ROLE: Readonly<Record<string, string>> = {
  button: 'button',
  link: 'link',
  tab: 'tab',
  field: 'field',
  textbox: 'field',
  input: 'field',
  searchbox: 'field',
  checkbox: 'checkbox',
  radio: 'radio',
  'radio button': 'radio',
  option: 'option',
  'menu item': 'menuitem',
  dropdown: 'select',
  'drop-down': 'select',
  combobox: 'select',
  select: 'select',
  switch: 'checkbox',
  toggle: 'checkbox',
};
const ORDINALS: Readonly<Record<string, number>> = {
  first: 1,
  second: 2,
  third: 3,
  fourth: 4,
  fifth: 5,
  last: -1,
};
/** Words that a bare (unquoted) name may not hold: they show that more was meant than a name. */
const NOT_BARE = new Set(
  'and or with without which that if unless from every each all any it its them this these those me my something everything someone cheapest best how what where when who why whose about'.split(
    ' ',
  ),
);
const NAME = new RegExp(
  `^(?:the |an? |your )?(?:(first|second|third|fourth|fifth|last|\\d{1,3}(?:st|nd|rd|th)) )?(?:(${NOUNS}) (?:called |named |labell?ed )?(?=\\u0002))?(${TOKEN}|[^\\u0002\\u0003]+?)(?: (${NOUNS}))?$`,
  'i',
);
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/;

export function literalOf(text: string, literals: readonly Literal[]): Literal | undefined {
  const match = new RegExp(`^${TOKEN}$`).exec(text.trim());
  return match ? literals[Number(match[1])] : undefined;
}

/** A quoted text, or a few bare words. */
export function textOf(text: string, literals: readonly Literal[]): string | undefined {
  const literal = literalOf(text, literals);
  if (literal) return literal.value === '' ? undefined : literal.value;
  const words = text.trim().split(' ');
  const bare = /^[\p{L}\p{N}][\p{L}\p{N}\-/&'’+.#()@_ ]*$/u;
  if (
    !bare.test(text.trim()) ||
    words.length > 5 ||
    words.some((word) => NOT_BARE.has(word.toLowerCase()))
  )
    return undefined;
  return text.trim();
}

/** What something is called: `"Save"`, `the "Save" button`, `Save`, `the second "Edit" link`. */
export function nameOf(text: string, literals: readonly Literal[]): Name | undefined {
  const match = NAME.exec(text.trim());
  if (!match) return undefined;
  const [, ordinal, before, core = '', , after] = match;
  const name = textOf(core, literals);
  if (name === undefined) return undefined;
  const noun =
    NOUN_ROLE[(before ?? after ?? '').toLowerCase().replace(/^(text|search|check|combo) /, '$1')];
  const nth =
    ordinal === undefined
      ? undefined
      : (ORDINALS[ordinal.toLowerCase()] ?? Number.parseInt(ordinal, 10));
  return { name, ...(noun !== undefined && { noun }), ...(nth !== undefined && { nth }) };
}

/** A name that a result is kept under. */
export function identifierOf(text: string, literals: readonly Literal[]): string | undefined {
  const plain = literalOf(text, literals)?.value ?? text.trim();
  return IDENTIFIER.test(plain) ? plain : undefined;
}

/** "Invoice number" is kept as `invoiceNumber` unless the goal says otherwise. */
export function camelCase(text: string): string {
  const words = text
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N} ]+/gu, ' ')
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/[^A-Za-z0-9]/g, ''));
  const joined = words
    .filter((word) => word !== '')
    .map((word, index) =>
      index === 0 ? word.toLowerCase() : word.charAt(0).toUpperCase() + word.slice(1).toLowerCase(),
    )
    .join('');
  return /^[A-Za-z_]/.test(joined) ? joined : `value${joined}`;
}

/** Items of `a, b and c`. */
export function listOf(text: string): string[] {
  return text
    .split(/\s*,\s*(?:and\s+)?|\s+and\s+/i)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

const KEYS: Readonly<Record<string, string>> = {
  enter: 'Enter',
  return: 'Enter',
  escape: 'Escape',
  esc: 'Escape',
  tab: 'Tab',
  space: 'Space',
  backspace: 'Backspace',
  delete: 'Delete',
  home: 'Home',
  end: 'End',
  'page down': 'PageDown',
  pagedown: 'PageDown',
  'page up': 'PageUp',
  pageup: 'PageUp',
  'arrow down': 'ArrowDown',
  arrowdown: 'ArrowDown',
  down: 'ArrowDown',
  'arrow up': 'ArrowUp',
  arrowup: 'ArrowUp',
  up: 'ArrowUp',
  'arrow left': 'ArrowLeft',
  arrowleft: 'ArrowLeft',
  left: 'ArrowLeft',
  'arrow right': 'ArrowRight',
  arrowright: 'ArrowRight',
  right: 'ArrowRight',
};
const MODIFIERS: Readonly<Record<string, string>> = {
  ctrl: 'Control',
  control: 'Control',
  shift: 'Shift',
  alt: 'Alt',
  cmd: 'Meta',
  meta: 'Meta',
};

/** `Enter`, `the Escape key`, `Ctrl+A`. */
export function keysOf(text: string): string | undefined {
  const said = text.trim().replace(/^the /i, '').replace(/ key$/i, '').toLowerCase();
  const named = KEYS[said] ?? (/^f([1-9]|1[0-2])$/.test(said) ? said.toUpperCase() : undefined);
  if (named !== undefined) return named;
  const pieces = said.split('+').map((piece) => piece.trim());
  const last = pieces.pop() ?? '';
  const modifiers = pieces.map((piece) => MODIFIERS[piece]);
  if (modifiers.length === 0 || modifiers.includes(undefined)) return undefined;
  const key = KEYS[last] ?? (/^[a-z0-9]$/.test(last) ? last.toUpperCase() : undefined);
  return key === undefined ? undefined : [...modifiers, key].join('+');
}
