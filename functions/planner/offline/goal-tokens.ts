/**
 * A goal with everything that is quoted put aside, so that sentences can be split and matched without looking into what is meant
 * literally. A quoted text, `{{…}}` or URL becomes one token: U+0002, its number, U+0003.
 */
export interface TokenisedGoal {
  readonly text: string;
  readonly literals: readonly Literal[];
}
export interface Literal {
  readonly kind: 'quoted' | 'url';
  readonly value: string;
  /** As it stood in the goal, for messages to people. */
  readonly source: string;
}

/** Matches one token; the number is in the first group. */
export const TOKEN = '\\u0002(\\d+)\\u0003';

const PATTERNS: readonly [RegExp, Literal['kind']][] = [
  [/"((?:[^"\\\n]|\\.)*)"/y, 'quoted'],
  [/[“„«]([^”“»\n]*)[”“»]/y, 'quoted'],
  [/‘([^’\n]*)’/y, 'quoted'],
  [/(\{\{[^}\n]*\}\})/y, 'quoted'],
  [/(https?:\/\/[^\s"'“”<>]+)/iy, 'url'],
];
const SINGLE = /'([^'\n]*)'(?=[\s.,;:!?)]|$)/y;

function unescaped(kind: Literal['kind'], value: string): string {
  return kind === 'quoted' ? value.replace(/\\(.)/g, '$1') : value;
}

export function tokenise(goal: string): TokenisedGoal {
  // The token's own characters may not come from the goal.
  // oxlint-disable-next-line eslint/no-control-regex -- control characters are exactly what is removed
  const source = goal.replace(/[\u0000-\u0008\u000b-\u001f]/g, ' ');
  const literals: Literal[] = [];
  let text = '';
  let at = 0;
  const take = (pattern: RegExp, kind: Literal['kind']): boolean => {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (!match) return false;
    let whole = match[0];
    let value = match[1] ?? '';
    if (kind === 'url') {
      // Punctuation at the end belongs to the sentence.
      value = value.replace(/[.,;:!?)]+$/, '');
      whole = value;
    }
    text += `\u0002${literals.length}\u0003`;
    literals.push({ kind, value: unescaped(kind, value), source: whole });
    at += whole.length;
    return true;
  };
  while (at < source.length) {
    if (PATTERNS.some(([pattern, kind]) => take(pattern, kind))) continue;
    const atWordStart = at === 0 || /[\s(,]/.test(source.charAt(at - 1));
    if (source.charAt(at) === "'" && atWordStart && take(SINGLE, 'quoted')) continue;
    text += source.charAt(at);
    at += 1;
  }
  return { text, literals };
}

/** Puts what was set aside back, for messages. */
export function restore(text: string, literals: readonly Literal[]): string {
  return text.replace(
    new RegExp(TOKEN, 'g'),
    (_match, index: string) => literals[Number(index)]?.source ?? '',
  );
}

const BULLET = /^\s*(?:(?:[-*•–]|\(?\d{1,3}[.):]|step\s+\d+\s*[.:)-])\s+)+/i;
const FILLER =
  /^(?:please|now|next|first(?:ly)?|second(?:ly)?|finally|lastly|also|and|then|after that|afterwards|in the end|you should|i want you to)[,:]?\s+/i;
/** "If X is shown, then …" is one sentence. */
const CONDITION_THEN =
  /((?:shown|visible|there|present|displayed|gone|appears|exists|page))\s*,?\s+then\s+/gi;
const SEPARATOR = /\n|;|[.!](?=\s|$)|,?\s+(?:and\s+)?then\s+/i;

/** Sentences of a tokenised goal, without bullets, numbers and filling words. */
export function splitSentences(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(BULLET, ''));
  return lines
    .flatMap((line) => line.replace(CONDITION_THEN, '$1, ').split(SEPARATOR))
    .map((piece) => {
      let sentence = piece.trim().replace(/\s+/g, ' ');
      for (let last = ''; last !== sentence;) {
        last = sentence;
        sentence = sentence.replace(FILLER, '').replace(/[\s,:]+$/, '');
      }
      return sentence;
    })
    .filter((sentence) => sentence !== '');
}
