import type { Command, Name } from './command.ts';
import type { Conversation } from './conversation.ts';
import { elementCommand } from './element-commands.ts';
import { finishWithAll, returnItems, returnText } from './finish.ts';
import { parseGoal } from './grammar.ts';
import { linearise, programErrors, withInputs, type Instruction } from './program.ts';
import { replay } from './progress.ts';
import { readValue } from './read-value.ts';
import { fold, resolve, ROLES, type RoleGroups } from './resolver.ts';
import { readRows, takeRow } from './read-rows.ts';
import { openRow, sortTable } from './row-commands.ts';
import { NEXT, STOP, TurnContext, type Verdict } from './turn-context.ts';

export interface OfflinePlan {
  readonly thought: string;
  readonly steps: readonly Record<string, unknown>[];
  readonly notes?: string;
}

export const GRAMMAR_PAGE = 'docs/architecture/offline-grammar.md';

function failure(summary: string): OfflinePlan {
  return {
    thought: 'The run cannot go on.',
    steps: [
      {
        action: 'finish',
        status: 'failure',
        summary: summary.slice(0, 4_000),
        why: 'sentence 0 (finish): give up',
      },
    ],
  };
}

function isShown(context: TurnContext, text: string): boolean {
  const wanted = fold(text);
  return (
    context.page.lines.some((line) => fold(line.text).includes(wanted)) ||
    fold(context.page.dialog ?? '').includes(wanted)
  );
}

const SEEK_ROLES: Partial<Record<Command['kind'], RoleGroups>> = {
  click: ROLES.click,
  follow: ROLES.follow,
  type: ROLES.type,
  choose: ROLES.choose,
  tick: ROLES.tick,
  hover: ROLES.click,
};

function target(command: Command): Name | undefined {
  if ('row' in command && command.row) return undefined;
  return 'what' in command && typeof command.what === 'object' ? command.what : undefined;
}

/**
 * After a lost browser, sentences are gone through again on a page that may already be further along (a log-in was restored): then what
 * is missing is passed over to the first later sentence, up to where the run had come, that fits this page.
 */
function passOver(context: TurnContext, index: number): number | undefined {
  const fits = (at: number): boolean => {
    const command = context.program[at]?.command;
    const what = command && target(command);
    const found = what && resolve(context.units, what, SEEK_ROLES[command.kind] ?? ROLES.any);
    return found?.kind === 'found' && found.exact;
  };
  const command = context.program[index]?.command;
  if (!command || !target(command) || fits(index)) return undefined;
  for (let at = index + 1; at <= context.progress.highWater; at += 1) if (fits(at)) return at;
  return undefined;
}

function waiting(
  context: TurnContext,
  index: number,
  item: Record<string, unknown>,
  already: boolean,
): Verdict {
  const { failed } = context.tally(index);
  if (failed > 0 && context.isReplayed(index)) return NEXT;
  if (failed > 1)
    return context.exhausted(index) ?? context.fail(index, 'what was waited for did not come.');
  context.emit(index, 'act', { action: 'wait', ...item });
  return already ? NEXT : STOP;
}

function perform(context: TurnContext, index: number, command: Command): Verdict {
  const tired =
    command.kind === 'if' || command.kind === 'wait' || command.kind === 'wait-gone'
      ? undefined
      : context.exhausted(index);
  if (tired) return tired;
  const emit = (item: Record<string, unknown>, after: Verdict): Verdict => {
    context.emit(index, 'act', item);
    return after;
  };
  switch (command.kind) {
    case 'open':
      // The executor begins at the run's URL; opening it again would only cost time.
      if (
        context.conversation.past.length === 0 &&
        context.steps.length === 0 &&
        context.page.url === command.url
      )
        return NEXT;
      return emit({ action: 'navigate', url: command.url }, STOP);
    case 'history':
      return emit({ action: command.action }, STOP);
    case 'press':
      return emit(
        {
          action: 'press',
          keys: command.keys,
          ...(context.typedInto !== undefined && { target: context.typedInto }),
        },
        STOP,
      );
    case 'wait':
      return waiting(context, index, { text: command.text }, isShown(context, command.text));
    case 'wait-gone':
      return waiting(context, index, { gone: command.text }, !isShown(context, command.text));
    case 'wait-idle':
      return emit({ action: 'wait', idle: true }, STOP);
    case 'wait-ms':
      return emit({ action: 'wait', ms: command.ms }, STOP);
    case 'scroll': {
      const { to } = command;
      return emit(
        {
          action: 'scroll',
          ...(to === 'top' || to === 'bottom' ? { to } : { pages: to === 'down' ? 1 : -1 }),
        },
        STOP,
      );
    }
    case 'dialog':
      return emit(
        {
          action: 'dialog',
          accept: command.accept,
          ...(command.text !== undefined && { text: command.text }),
        },
        STOP,
      );
    case 'if': {
      // Only a fresh observation can tell.
      if (context.steps.length > 0) return STOP;
      const end = context.program[index]?.end ?? index + 1;
      return isShown(context, command.text) === command.shown ? NEXT : { kind: 'jump', to: end };
    }
    case 'sort':
      return sortTable(context, index, command);
    case 'read':
      return readValue(context, index, command);
    case 'read-page':
      return emit({ action: 'read', as: 'text', name: command.as }, NEXT);
    case 'rows':
      return readRows(context, index, command);
    case 'take':
      return takeRow(context, index, command);
    case 'open-row':
      return openRow(context, index, command);
    case 'screenshot':
      return emit({ action: 'screenshot', full: command.full }, NEXT);
    case 'ask':
      return emit({ action: 'ask', question: command.question }, STOP);
    case 'return':
      return returnItems(context, index, command);
    case 'return-text':
      return returnText(context, index, command.text);
    case 'done':
      return finishWithAll(context, index);
    default:
      return elementCommand(context, index, command) ?? context.fail(index, 'it cannot be done.');
  }
}

function run(context: TurnContext): string | undefined {
  const { program, progress } = context;
  if (progress.reopen) {
    if (context.tally(-1).failed >= 3)
      return 'The start page could not be opened again after the browser was lost.';
    context.emit(-1, 'reopen', { action: 'navigate', url: context.conversation.startUrl });
    return undefined;
  }
  for (let index = progress.pointer; ;) {
    const instruction = program[index];
    if (!instruction) {
      finishWithAll(context, Math.max(0, program.length - 1));
      return undefined;
    }
    const { command, id, text } = instruction;
    if (progress.skip.has(index)) {
      index += 1;
      continue;
    }
    if (
      context.page.dialog !== undefined &&
      command.kind !== 'dialog' &&
      context.steps.length === 0
    )
      return `Sentence ${id} (${text}): a dialog is open (${context.page.dialog}). Say before it: accept the dialog, or: dismiss the dialog.`;
    const later =
      context.isReplayed(index) && context.steps.length === 0
        ? passOver(context, index)
        : undefined;
    const verdict: Verdict =
      later === undefined ? perform(context, index, command) : { kind: 'jump', to: later };
    if (verdict.kind === 'stop') return undefined;
    if (verdict.kind === 'fail') {
      // What was already planned may change the page; the next turn decides.
      return context.steps.length > 0 ? undefined : verdict.message;
    }
    index = verdict.kind === 'jump' ? verdict.to : index + 1;
  }
}

function sentenceOf({ why }: Record<string, unknown>): string | undefined {
  return typeof why === 'string' ? /^sentence ([\d.]+)/.exec(why)?.[1] : undefined;
}

function thoughtOf(program: readonly Instruction[], ids: readonly (string | undefined)[]): string {
  const [first, last] = [ids[0], ids.at(-1)];
  if (first !== last) return `Sentences ${first} to ${last}`;
  const text = program.find(({ id }) => id === first)?.text;
  return text === undefined
    ? 'Open the start page again'
    : `Sentence ${first}: ${text.slice(0, 120)}`;
}

/** Plans one turn from nothing but the conversation. */
export function planOffline(conversation: Conversation): OfflinePlan {
  const { sentences, notUnderstood } = parseGoal(conversation.goal);
  if (notUnderstood.length > 0 || sentences.length === 0) {
    const list = notUnderstood
      .map(({ number, text }) => `sentence ${number}: ${text.slice(0, 200)}`)
      .join('; ');
    const what = list === '' ? 'the goal holds no sentence' : list;
    return failure(
      `goal_not_understood: without a Gemini key only the published grammar is understood (${GRAMMAR_PAGE}). Not understood: ${what}`,
    );
  }
  const program = withInputs(linearise(sentences), conversation);
  const errors = programErrors(program);
  if (errors.length > 0)
    return failure(`goal_not_understood: ${errors.join('; ')}. See ${GRAMMAR_PAGE}.`);

  const progress = replay(program, conversation);
  if (progress.fatal !== undefined) return failure(progress.fatal);
  const context = new TurnContext(conversation, program, progress);
  const failed = run(context);
  if (failed !== undefined) return failure(failed);
  const ids = [...new Set(context.steps.map((step) => sentenceOf(step)))];
  const noted = Object.keys(context.values).length > 0;
  return {
    thought: thoughtOf(program, ids),
    steps: context.steps,
    ...(noted && { notes: JSON.stringify({ values: context.values }) }),
  };
}
