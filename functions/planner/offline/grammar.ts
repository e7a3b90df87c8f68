import type { Command } from './command.ts';
import { restore, splitSentences, tokenise, type Literal } from './goal-tokens.ts';
import { textOf } from './phrases.ts';
import { RULES, SHOWN } from './sentence-rules.ts';
import { parseTableSentence } from './table-sentences.ts';

/** The grammar of goals, published in docs/architecture/offline-grammar.md. A sentence that no rule fits is not understood. */
const IF = new RegExp(
  `^(if|unless) (?:the |a |an |there is (?:a |an |the )?)?(\\u0002\\d+\\u0003|.+?)(?: (?:button|link|text|dialog|banner|message|heading))? (?:${SHOWN}),? (.+)$`,
  'i',
);
const IF_THERE =
  /^(if|unless) there(?: is|'s) (?:a |an |the )?(\u0002\d+\u0003)(?: (?:button|link|text|dialog|banner|message|heading))?, (.+)$/i;
const TRAILING = /^(.+?) (if|unless) (?:(it) )?(?:is )?(?:shown|visible|there|present|displayed)$/i;

function parseCondition(sentence: string, literals: readonly Literal[]): Command | undefined {
  const plain = IF.exec(sentence);
  const match = plain ?? IF_THERE.exec(sentence);
  if (match) {
    const [word = '', what = ''] = match.slice(1);
    const not = plain ? plain[3] : undefined;
    const rest = match.at(-1) ?? '';
    const text = textOf(what, literals);
    const body = parseSentence(rest, literals);
    if (text === undefined || !body || body.some((command) => command.kind === 'if'))
      return undefined;
    return { kind: 'if', text, shown: (word.toLowerCase() === 'if') === (not === undefined), body };
  }
  const trailing = TRAILING.exec(sentence);
  if (!trailing) return undefined;
  const body = parseSentence(trailing[1] ?? '', literals);
  const [only] = body ?? [];
  if (!only || body?.length !== 1 || !('what' in only) || typeof only.what !== 'object')
    return undefined;
  return {
    kind: 'if',
    text: only.what.name,
    shown: trailing[2]?.toLowerCase() === 'if',
    body: [only],
  };
}

function parseSingle(sentence: string, literals: readonly Literal[]): Command | undefined {
  const condition = /\b(?:if|unless)\b/i.test(sentence)
    ? parseCondition(sentence, literals)
    : undefined;
  if (condition) return condition;
  const table = parseTableSentence(sentence, literals);
  if (table) return table;
  for (const { pattern, build } of RULES) {
    const match = pattern.exec(sentence);
    const command = match && build(match.slice(1), literals);
    if (command) return command;
  }
  return undefined;
}

/** Longer sentences are not what a person writes, and would take long to try. */
const MAX_SENTENCE = 2_000;
const MAX_JOINTS = 24;

/** Commands of one sentence; several when it joins them with "and" or commas. Undefined when it is not understood. */
export function parseSentence(
  sentence: string,
  literals: readonly Literal[],
): readonly Command[] | undefined {
  if (sentence.length > MAX_SENTENCE) return undefined;
  const joints = [...sentence.matchAll(/\s*,\s*(?:and\s+)?|\s+and\s+/gi)];
  const whole = parseSingle(sentence, literals);
  if (whole || joints.length === 0 || joints.length > MAX_JOINTS) return whole && [whole];
  const starts = [0, ...joints.map((joint) => joint.index + joint[0].length)];
  const ends = [...joints.map((joint) => joint.index), sentence.length];
  // From the end: what the pieces from `start` on mean. The first piece is taken as long as it can be.
  const from: (readonly Command[] | undefined)[] = Array.from({ length: starts.length });
  from.push([]);
  for (let start = starts.length - 1; start >= 0; start -= 1) {
    for (let end = ends.length; end > start && !from[start]; end -= 1) {
      const rest = from[end];
      if (!rest) continue;
      const first = parseSingle(sentence.slice(starts[start], ends[end - 1]), literals);
      if (first) from[start] = [first, ...rest];
    }
  }
  return from[0];
}

export interface Sentence {
  /** From 1, as a person counts them. */
  readonly number: number;
  readonly text: string;
  readonly commands: readonly Command[];
}
export interface ParsedGoal {
  readonly sentences: readonly Sentence[];
  readonly notUnderstood: readonly { readonly number: number; readonly text: string }[];
}

export function parseGoal(goal: string): ParsedGoal {
  const { text, literals } = tokenise(goal);
  const sentences: Sentence[] = [];
  const notUnderstood: { number: number; text: string }[] = [];
  for (const [index, sentence] of splitSentences(text).entries()) {
    const commands = parseSentence(sentence, literals);
    const shown = restore(sentence, literals);
    if (commands) sentences.push({ number: index + 1, text: shown, commands });
    else notUnderstood.push({ number: index + 1, text: shown });
  }
  return { sentences, notUnderstood };
}
