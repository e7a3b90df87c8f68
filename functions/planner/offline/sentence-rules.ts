import type { Command, ReturnItem, RowRef } from './command.ts';
import { TOKEN, type Literal } from './goal-tokens.ts';
import { camelCase, identifierOf, keysOf, listOf, literalOf, nameOf, textOf } from './phrases.ts';

/** Sentences of one command each; those about rows of tables are in table-sentences.ts. */
type Captures = readonly (string | undefined)[];
type Build = (captures: Captures, literals: readonly Literal[]) => Command | undefined;
interface Rule {
  readonly pattern: RegExp;
  readonly build: Build;
}

/** `<q>` stands for a token, `<x>` for anything; each captures. */
function rule(pattern: string, build: Build): Rule {
  const source = pattern
    .replaceAll('<q>', `(\\u0002\\d+\\u0003)`)
    .replaceAll('<x+>', '(.+)')
    .replaceAll('<x>', '(.+?)');
  return { pattern: new RegExp(`^${source}$`, 'i'), build };
}

const OPEN = '(?:open|visit|go to|goto|navigate to|load|browse to)';
const CLICK = '(?:click|press|push|tap|hit)(?: on)?(?: at)?';
const TYPE = '(?:type|enter|input|write|put|fill in|fill)';
const GONE =
  '(?:is gone|disappears|has disappeared|is no longer (?:shown|visible|there)|is not (?:shown|visible) any ?more|vanishes|goes away)';
export const SHOWN =
  '(?:is|are)(?: (not|no longer))? (?:shown|visible|there|present|displayed|on the page)|appears|exists';
const READ = '(?:read|get|note|remember|extract|collect|copy)';
const THAT_ROW = '(?:that|this|the|its) row';

const named = (
  literals: readonly Literal[],
  text: string | undefined,
  make: (name: NonNullable<ReturnType<typeof nameOf>>) => Command,
): Command | undefined => {
  const name = nameOf(text ?? '', literals);
  return name && make(name);
};

/** Tabs and spaces as browsers forgive them: what is refused is refused by its scheme, not looked for as the name of a link. */
const OTHER_SCHEME =
  /^\s*(?:file|view-source|chrome[\w-]*|devtools|about|java\s*script|data|blob|filesystem|ftp|wss?):\S/i;

function urlOf(text: string, literals: readonly Literal[]): string | undefined {
  const literal = literalOf(text, literals);
  const plain = literal?.value ?? text.trim();
  if (
    /^https?:\/\/\S+$/i.test(plain) ||
    OTHER_SCHEME.test(plain) ||
    /^\/\S*$/.test(plain) ||
    /^\{\{(?:input|run)\.[^}]+\}\}/.test(plain)
  )
    return plain;
  const host =
    /^(localhost|(?:\d{1,3}\.){3}\d{1,3}|(?:[a-z0-9-]+\.)+[a-z]{2,})(:\d{1,5})?(\/\S*)?$/i.exec(
      plain,
    );
  if (!host) return undefined;
  const local = /^(?:localhost|127\.)/i.test(plain);
  return `${local ? 'http' : 'https'}://${plain}`;
}

function typing(
  text: string | undefined,
  label: string | undefined,
  literals: readonly Literal[],
): Command | undefined {
  const literal = literalOf(text ?? '', literals);
  const value = literal ? literal.value : textOf(text ?? '', literals);
  return value === undefined
    ? undefined
    : named(literals, label, (what) => ({ kind: 'type', text: value, what }));
}

function rowOf(text: string | undefined, literals: readonly Literal[]): RowRef | undefined {
  const value = literalOf(text ?? '', literals)?.value;
  return value === undefined || value === '' ? undefined : { kind: 'with', text: value };
}

function inRow(
  kind: 'click' | 'download',
  what: string | undefined,
  row: RowRef | undefined,
  literals: readonly Literal[],
): Command | undefined {
  return row && named(literals, what, (name) => ({ kind, what: name, row }));
}

function returnOf(text: string | undefined, literals: readonly Literal[]): Command | undefined {
  const whole = (text ?? '').trim();
  const literal = literalOf(whole, literals);
  if (literal) return { kind: 'return-text', text: literal.value };
  const items = listOf(whole).map((item): ReturnItem | undefined => {
    const cell = new RegExp(`^its (${TOKEN}|\\S+)(?: as (\\S+))?$`, 'i').exec(item);
    if (cell) {
      const column = textOf(cell[1] ?? '', literals);
      const as = cell[3] === undefined ? camelCase(column ?? '') : identifierOf(cell[3], literals);
      return column === undefined || as === undefined ? undefined : { kind: 'cell', column, as };
    }
    const value = /^(?:the )?(\S+)(?: as (\S+))?$/i.exec(item);
    const name = identifierOf(value?.[1] ?? '', literals);
    const as = value?.[2] === undefined ? name : identifierOf(value[2], literals);
    return name === undefined || as === undefined ? undefined : { kind: 'value', name, as };
  });
  const known = items.filter((item) => item !== undefined);
  return known.length === items.length && known.length > 0
    ? { kind: 'return', items: known }
    : undefined;
}

function waitMs(amount: string | undefined, unit: string | undefined): Command | undefined {
  const ms = Math.round(
    Number(amount) * (/^m/i.test(unit ?? '') && !/^min/i.test(unit ?? '') ? 1 : 1_000),
  );
  return ms <= 60_000 ? { kind: 'wait-ms', ms } : undefined;
}

/** In order: the first rule that fits and builds wins. */
export const RULES: readonly Rule[] = [
  rule("(?:done|stop|finish|that is all|that's all|end)", () => ({ kind: 'done' })),
  rule('(?:go )?(back|forward)', ([direction]) => ({
    kind: 'history',
    action: direction?.toLowerCase() === 'back' ? 'back' : 'forward',
  })),
  rule('(?:reload|refresh)(?: the page| this page)?', () => ({
    kind: 'history',
    action: 'reload',
  })),

  rule(`(?:open|click|follow|visit|go to)(?: on)? (?:it|that row|this row|the row)`, () => ({
    kind: 'open-row',
  })),
  rule(`(?:open|click|follow|visit|go to)(?: on)? its <x>`, ([column], literals) => {
    const name = textOf(column?.replace(/ (?:link|button)$/i, '') ?? '', literals);
    return name === undefined ? undefined : { kind: 'open-row', column: name };
  }),
  rule(`(?:${CLICK}|open) <x> in ${THAT_ROW}`, ([what], literals) =>
    inRow('click', what, { kind: 'taken' }, literals),
  ),
  rule(`(?:${CLICK}|open) <x> in the row (?:with|of|for|containing) <q>`, ([what, row], literals) =>
    inRow('click', what, rowOf(row, literals), literals),
  ),
  rule('(?:download|save) (?:it|that row|its file)', () => ({
    kind: 'download',
    row: { kind: 'taken' },
  })),
  rule('(?:download|save) its <x>', ([what], literals) =>
    inRow('download', what, { kind: 'taken' }, literals),
  ),
  rule(`download <x> in ${THAT_ROW}`, ([what], literals) =>
    inRow('download', what, { kind: 'taken' }, literals),
  ),
  rule('download <x> in the row (?:with|of|for|containing) <q>', ([what, row], literals) =>
    inRow('download', what, rowOf(row, literals), literals),
  ),
  rule('download <x>', ([what], literals) =>
    named(literals, what, (name) => ({ kind: 'download', what: name })),
  ),

  rule(`${OPEN} (?:the (?:page|site|url) (?:at )?)?<x>`, ([target], literals) => {
    const url = urlOf(target ?? '', literals);
    return url === undefined ? undefined : { kind: 'open', url };
  }),
  rule(`(?:${OPEN}|follow|switch to) <x>`, ([what], literals) =>
    named(literals, what, (name) => ({ kind: 'follow', what: name })),
  ),

  rule('(?:press|hit|push)(?: on)? <x>', ([keys]) => {
    const named = keysOf(keys ?? '');
    return named === undefined ? undefined : { kind: 'press', keys: named };
  }),
  rule(
    '(?:accept|confirm) the (?:dialog|alert|prompt|question|confirmation)(?: (?:with|by answering) <q>)?',
    ([answer], literals) => {
      const text = literalOf(answer ?? '', literals)?.value;
      return { kind: 'dialog', accept: true, ...(text !== undefined && { text }) };
    },
  ),
  rule('(?:dismiss|cancel|close|reject) the (?:dialog|alert|prompt|question|confirmation)', () => ({
    kind: 'dialog',
    accept: false,
  })),
  rule('double[- ]?click(?: on)? <x>', ([what], literals) =>
    named(literals, what, (name) => ({ kind: 'click', what: name, count: 2 })),
  ),
  rule('right[- ]?click(?: on)? <x>', ([what], literals) =>
    named(literals, what, (name) => ({ kind: 'click', what: name, button: 'right' })),
  ),
  rule(`${CLICK} <x>`, ([what], literals) =>
    named(literals, what, (name) => ({ kind: 'click', what: name })),
  ),
  rule('submit <x>', ([what], literals) =>
    named(literals, what, (name) => ({ kind: 'click', what: name })),
  ),

  rule('(?:fill in|fill|complete) <x> with <x>', ([label, text], literals) =>
    typing(text, label, literals),
  ),
  rule('set <x> to <q>', ([label, text], literals) => typing(text, label, literals)),
  rule(`${TYPE} <x> (?:into|in|to|as) <x>`, ([text, label], literals) =>
    typing(text, label, literals),
  ),

  rule('(?:choose|select|pick) <x> (?:in|from|for|under) <x+>', ([option, label], literals) => {
    const said = textOf(option ?? '', literals);
    return said === undefined
      ? undefined
      : named(literals, label, (what) => ({ kind: 'choose', option: said, what }));
  }),
  rule('(?:choose|select|pick) <x>', ([option], literals) => {
    const said = nameOf(option ?? '', literals);
    return said && { kind: 'choose', option: said.name };
  }),
  rule('(?:tick|check|mark|activate|switch on|turn on) <x>', ([what], literals) =>
    named(literals, what, (name) => ({ kind: 'tick', what: name, checked: true })),
  ),
  rule('(?:untick|uncheck|unmark|clear|deactivate|switch off|turn off) <x>', ([what], literals) =>
    named(literals, what, (name) => ({ kind: 'tick', what: name, checked: false })),
  ),

  rule('wait(?: for)? (\\d+(?:\\.\\d+)?) ?(ms|milliseconds?|s|seconds?)', ([amount, unit]) =>
    waitMs(amount, unit),
  ),
  rule(
    'wait (?:until|for) the page (?:is quiet|is idle|has loaded|is loaded|to load|to settle)',
    () => ({ kind: 'wait-idle' }),
  ),
  rule(`wait until <x> ${GONE}`, ([text], literals) => waitFor('wait-gone', text, literals)),
  rule('wait for <x> to (?:disappear|vanish|go away|be gone)', ([text], literals) =>
    waitFor('wait-gone', text, literals),
  ),
  rule(`wait until <x> (?:${SHOWN})`, ([text, not], literals) =>
    waitFor(not === undefined ? 'wait' : 'wait-gone', text, literals),
  ),
  rule('wait for <x>(?: to (?:appear|be shown|be visible|show up|show))?', ([text], literals) =>
    waitFor('wait', text, literals),
  ),

  rule('scroll(?: the page)?(?: to the)? (down|up|top|bottom|end)(?: of the page)?', ([where]) => {
    const to = where?.toLowerCase();
    return {
      kind: 'scroll',
      to: to === 'up' || to === 'top' ? to : to === 'down' ? 'down' : 'bottom',
    };
  }),
  rule('scroll to <x>', ([what], literals) =>
    named(literals, what, (name) => ({ kind: 'scroll-to', what: name })),
  ),
  rule('(?:hover|move|point)(?: over| to| on| at)? <x>', ([what], literals) =>
    named(literals, what, (name) => ({ kind: 'hover', what: name })),
  ),
  rule('take a screenshot( of the (?:whole|full|entire) page)?', ([full]) => ({
    kind: 'screenshot',
    full: full !== undefined,
  })),
  rule('ask(?: me| the user| a person)? <q>(?: as (\\S+))?', ([question, name], literals) => {
    const text = literalOf(question ?? '', literals)?.value;
    const as = name === undefined ? 'answer' : identifierOf(name, literals);
    return text === undefined || text === '' || as === undefined
      ? undefined
      : { kind: 'ask', question: text, as };
  }),
  rule(
    `${READ} (?:the )?(?:text of the )?(?:whole |entire )?page(?: text)?(?: as (\\S+))?`,
    ([name], literals) => {
      const as = name === undefined ? 'page' : identifierOf(name, literals);
      return as === undefined ? undefined : { kind: 'read-page', as };
    },
  ),
  rule(
    `${READ} (?:the )?(?:text of |value of )?(?:the )?<x>(?: as (\\S+))?`,
    ([what, name], literals) => {
      const said = textOf(what ?? '', literals);
      const as = name === undefined ? camelCase(said ?? '') : identifierOf(name, literals);
      return said === undefined || as === undefined ? undefined : { kind: 'read', what: said, as };
    },
  ),
  rule('(?:return|report|answer with|give back) <x+>', ([items], literals) =>
    returnOf(items, literals),
  ),
];

function waitFor(
  kind: 'wait' | 'wait-gone',
  text: string | undefined,
  literals: readonly Literal[],
): Command | undefined {
  const said = textOf((text ?? '').replace(/^(?:the )?text (?=\u0002)/i, ''), literals);
  return said === undefined ? undefined : { kind, text: said };
}
