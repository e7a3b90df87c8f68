import type { ExtractField } from '../../../shared/contracts/action.ts';
import type { Column, Command, Keep } from './command.ts';
import { TOKEN, type Literal } from './goal-tokens.ts';
import { identifierOf, listOf, literalOf, textOf } from './phrases.ts';

/** Sentences about rows of tables: reading them, taking one, sorting. */
const READ = '(?:read|get|note|collect|extract|copy|list)';
const ROWS = new RegExp(
  `^${READ} (?:all )?(?:the )?(?:(?:rows|lines|entries)(?: (?:of|from|in) (?:the |this )?(?:table|list|page))?|table|list)( .*)?$`,
  'i',
);
const SUPERLATIVE: Readonly<Record<string, Keep['op']>> = {
  largest: 'largest',
  highest: 'largest',
  biggest: 'largest',
  greatest: 'largest',
  most: 'largest',
  smallest: 'smallest',
  lowest: 'smallest',
  least: 'smallest',
  newest: 'newest',
  latest: 'newest',
  'most recent': 'newest',
  oldest: 'oldest',
  earliest: 'oldest',
};
// Longer ones first: "most recent" is not "most".
const SUPERLATIVES = Object.keys(SUPERLATIVE)
  .toSorted((a, b) => b.length - a.length)
  .join('|');
const TAKE = new RegExp(
  `^(?:take|pick|find|choose|select) the (?:row|line|entry) (?:with|that has|having) the (${SUPERLATIVES}) (.+?)(?: in the (?:table|list))?(?: as (\\S+))?$`,
  'i',
);
const TAKE_WHERE = new RegExp(
  `^(?:take|pick|find|choose|select) the (?:row|line|entry) (?:where|whose) (.+?) (is|equals|contains) (${TOKEN})(?: as (\\S+))?$`,
  'i',
);
const TAKE_WITH = new RegExp(
  `^(?:take|pick|find|choose|select) the (?:row|line|entry) (?:with|of|for|containing) (${TOKEN})(?: as (\\S+))?$`,
  'i',
);
const SORT =
  /^(?:sort|order)(?: the (?:table|list|rows|page))? by (.+?)(?:,? (?:in )?(ascending|descending|asc|desc|(?:newest|largest|highest|latest|biggest) first|(?:oldest|smallest|lowest|earliest) first)(?: order)?)?$/i;
const TYPES: Readonly<Record<string, ExtractField['type']>> = {
  date: 'date',
  number: 'number',
  text: 'text',
  link: 'link',
  url: 'link',
};

function columnOf(text: string, literals: readonly Literal[]): Column | undefined {
  const match = new RegExp(
    `^(${TOKEN})( in cents| as (?:a|an) (?:date|number|text|link|url))?(?: as (\\S+))?$`,
    'i',
  ).exec(text);
  if (!match) return undefined;
  const [, token = '', , typed, named] = match;
  const header = literalOf(token, literals)?.value;
  const as = named === undefined ? header : identifierOf(named, literals);
  if (header === undefined || header === '' || as === undefined) return undefined;
  const word = typed?.trim().toLowerCase().split(' ').at(-1);
  const type = word === 'cents' ? 'cents' : TYPES[word ?? ''];
  return { header, as, ...(type && { type }) };
}

/** What may follow `read the rows of the table`, in any order: with …, in the newest month of …, where … is …, following …, as …. */
function rowsOf(rest: string, literals: readonly Literal[]): Command | undefined {
  let left = ` ${rest.trim()}`.replace(/ $/, '');
  let as: string | undefined = 'rows';
  let keep: Keep | undefined;
  let next: string | undefined;
  let columns: Column[] = [];
  const named = /^(.*?) as (\S+)$/i.exec(left);
  if (named?.[2] !== undefined && !/ as (?:a|an)$/i.test(`${named[1]}`)) {
    as = identifierOf(named[2], literals);
    left = named[1] ?? '';
  }
  const cut = (pattern: string): RegExpExecArray | undefined => {
    const match = new RegExp(pattern, 'i').exec(left);
    if (!match) return undefined;
    left = left.slice(0, match.index) + left.slice(match.index + match[0].length);
    return match;
  };
  const month = cut(` (?:in|of|from) the (?:newest|latest|most recent) month(?: of (${TOKEN}))?`);
  if (month)
    keep = { column: literalOf(month[1] ?? '', literals)?.value ?? '', op: 'newest-month' };
  const where = cut(` (?:where|whose) (${TOKEN}) (is|equals|contains) (${TOKEN})`);
  if (where) {
    if (keep) return undefined;
    const value = literalOf(where[4] ?? '', literals)?.value;
    keep = {
      column: literalOf(where[1] ?? '', literals)?.value ?? '',
      op: where[3]?.toLowerCase() === 'contains' ? 'contains' : 'equals',
      ...(value !== undefined && { value }),
    };
  }
  const following = cut(` (?:(?:on|of|from) (?:all|every) pages?,? )?following (${TOKEN})`);
  if (following) next = literalOf(following[1] ?? '', literals)?.value;
  const list = /^ with (?:the columns? )?(.+)$/i.exec(left);
  if (list?.[1] !== undefined) {
    const parsed = listOf(list[1]).map((item) => columnOf(item, literals));
    if (parsed.some((column) => column === undefined)) return undefined;
    columns = parsed.filter((column) => column !== undefined);
  } else if (left.trim() !== '') return undefined;
  if (as === undefined || (keep && keep.column === '' && keep.op !== 'newest-month'))
    return undefined;
  return { kind: 'rows', columns, as, ...(keep && { keep }), ...(next !== undefined && { next }) };
}

export function parseTableSentence(
  sentence: string,
  literals: readonly Literal[],
): Command | undefined {
  const rows = ROWS.exec(sentence);
  if (rows) return rowsOf(rows[1] ?? '', literals);

  const take = TAKE.exec(sentence);
  if (take) {
    const [, said = '', what = '', name] = take;
    const column = textOf(what, literals);
    const as = name === undefined ? 'row' : identifierOf(name, literals);
    const op = SUPERLATIVE[said.toLowerCase()];
    return column === undefined || as === undefined || op === undefined
      ? undefined
      : { kind: 'take', keep: { column, op }, as };
  }
  const where = TAKE_WHERE.exec(sentence);
  if (where) {
    const [, what = '', verb = '', token = '', , name] = where;
    const column = textOf(what, literals);
    const value = literalOf(token, literals)?.value;
    const as = name === undefined ? 'row' : identifierOf(name, literals);
    if (column === undefined || value === undefined || as === undefined) return undefined;
    return {
      kind: 'take',
      keep: { column, op: verb.toLowerCase() === 'contains' ? 'contains' : 'equals', value },
      as,
    };
  }
  const having = TAKE_WITH.exec(sentence);
  if (having) {
    const row = literalOf(having[1] ?? '', literals)?.value;
    const as = having[3] === undefined ? 'row' : identifierOf(having[3], literals);
    return row === undefined || row === '' || as === undefined
      ? undefined
      : { kind: 'take', keep: { row }, as };
  }
  const sort = SORT.exec(sentence);
  if (sort) {
    const column = textOf(sort[1] ?? '', literals);
    const descending = /^(desc|newest|largest|highest|latest|biggest)/i.test(sort[2] ?? '');
    return column === undefined ? undefined : { kind: 'sort', column, descending };
  }
  return undefined;
}
