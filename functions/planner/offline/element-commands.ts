import type { Command, CommandOf } from './command.ts';
import { fold, resolve, ROLES, type RoleGroups } from './resolver.ts';
import { rowLine } from './row-commands.ts';
import { NEXT, STOP, type TurnContext, type Verdict } from './turn-context.ts';

/** Sentences about one thing on the page. */
function act(
  context: TurnContext,
  index: number,
  what: Parameters<TurnContext['locate']>[1],
  groups: RoleGroups,
  item: Record<string, unknown>,
  after: Verdict,
): Verdict {
  const found = context.locate(index, what, groups);
  if ('verdict' in found) return found.verdict;
  context.emit(index, 'act', { ...item, target: found.unit.ref });
  return after;
}

export function click(
  context: TurnContext,
  index: number,
  command: CommandOf<'click'> | CommandOf<'download'>,
): Verdict {
  const isDownload = command.kind === 'download';
  const item = {
    action: 'click',
    ...(!isDownload && command.count !== undefined && { count: command.count }),
    ...(!isDownload && command.button !== undefined && { button: command.button }),
    ...(isDownload && { expectDownload: true }),
  };
  // A download leaves the page as it is; after any other click it must be seen again.
  const after = isDownload ? NEXT : STOP;
  if (!command.row)
    return command.what
      ? act(context, index, command.what, ROLES.click, item, after)
      : context.fail(index, 'it does not say what.');
  const tired = context.exhausted(index);
  if (tired) return tired;
  const row = rowLine(context, index, command.row);
  if ('verdict' in row) return row.verdict;
  const what = command.what;
  if (!what) {
    const links = row.line.units.filter((unit) => unit.role === 'link' || unit.role === 'button');
    const named =
      links.find((unit) => /download|pdf/i.test(unit.name)) ??
      (links.length === 1 ? links[0] : undefined);
    if (!named)
      return context.fail(
        index,
        'it is not clear what to download in that row; say: download its "…".',
      );
    context.emit(index, 'act', { ...item, target: named.ref });
    return after;
  }
  const found = context.locate(index, what, ROLES.click, row.line.units);
  if ('verdict' in found) return found.verdict;
  context.emit(index, 'act', { ...item, target: found.unit.ref });
  return after;
}

/** `{{name}}` of a result that the run has; inputs and secrets are left for the executor. */
function withResults(context: TurnContext, text: string): string {
  return text.replace(/\{\{([A-Za-z_][\w-]*)\}\}/g, (whole, name: string) => {
    const known = context.progress.values[name];
    if (known !== undefined) return known;
    const index = context.program.findIndex(
      ({ command }) => 'as' in command && command.as === name,
    );
    const stepId = context.progress.stepOf.get(index);
    const answer = context.conversation.answers.findLast((said) => said.step === stepId)?.answer;
    const data = answer ?? context.dataOf(index);
    return typeof data === 'string' || typeof data === 'number' ? String(data) : whole;
  });
}

export function type(context: TurnContext, index: number, command: CommandOf<'type'>): Verdict {
  const found = context.locate(index, command.what, ROLES.type);
  if ('verdict' in found) return found.verdict;
  context.emit(index, 'act', {
    action: 'type',
    target: found.unit.ref,
    text: withResults(context, command.text),
  });
  context.typedInto = found.unit.ref;
  return NEXT;
}

export function choose(context: TurnContext, index: number, command: CommandOf<'choose'>): Verdict {
  const { option, what } = command;
  if (!what) {
    const found = context.locate(index, { name: option }, ROLES.option);
    if ('verdict' in found) return found.verdict;
    const isChoice = found.unit.role === 'radio' || found.unit.role === 'checkbox';
    context.emit(
      index,
      'act',
      isChoice
        ? { action: 'check', target: found.unit.ref, checked: true }
        : { action: 'click', target: found.unit.ref },
    );
    return isChoice ? NEXT : STOP;
  }
  const box = resolve(context.units, what, ROLES.choose);
  if (box.kind === 'missing') {
    // The group of some radio buttons has a name but no ref; the option itself is what is chosen.
    const radios = context.units.filter(
      (unit) => unit.role === 'radio' && fold(unit.name) === fold(option),
    );
    const shown = context.page.lines.some((line) => fold(line.text).includes(fold(what.name)));
    const [radio] = radios;
    if (radio && radios.length === 1 && shown) {
      context.emit(index, 'act', { action: 'check', target: radio.ref, checked: true });
      return NEXT;
    }
  }
  return act(
    context,
    index,
    what,
    ROLES.choose,
    { action: 'select', values: [withResults(context, option)] },
    NEXT,
  );
}

export function elementCommand(
  context: TurnContext,
  index: number,
  command: Command,
): Verdict | undefined {
  switch (command.kind) {
    case 'click':
    case 'download':
      return click(context, index, command);
    case 'follow':
      return act(context, index, command.what, ROLES.follow, { action: 'click' }, STOP);
    case 'type':
      return type(context, index, command);
    case 'choose':
      return choose(context, index, command);
    case 'tick':
      return act(
        context,
        index,
        command.what,
        ROLES.tick,
        { action: 'check', checked: command.checked },
        NEXT,
      );
    case 'hover':
      return act(context, index, command.what, ROLES.click, { action: 'hover' }, STOP);
    case 'scroll-to':
      return act(
        context,
        index,
        command.what,
        ROLES.any,
        { action: 'scroll', to: 'into-view' },
        STOP,
      );
    default:
      return undefined;
  }
}
