import type { Conversation, StepFact } from './conversation.ts';
import type { Instruction } from './program.ts';

/** What a step was for; stands in its `why`, which comes back with the conversation and so is the planner's only memory. */
export type Phase = 'act' | 'wait' | 'find' | 'scroll' | 'sort' | 'reopen' | 'finish';
export function whyOf(id: string, phase: Phase, text: string): string {
  return `sentence ${id} (${phase}): ${text}`.slice(0, 500);
}
function readWhy(why: string): { id: string; phase: Phase } | undefined {
  const match = /^sentence ([\d.]+) \((\w+)\)/.exec(why);
  return match?.[1] === undefined ? undefined : { id: match[1], phase: match[2] as Phase };
}

export interface Tally {
  /** Attempts at the sentence itself that did not act. */
  failed: number;
  readonly phases: Partial<Record<Phase, number>>;
  last?: StepFact;
}

export interface Progress {
  /** Index of the instruction to go on with. */
  readonly pointer: number;
  /** Farthest that the program had come before a lost browser sent it back: below it, sentences are gone through again. */
  readonly highWater: number;
  /** Commits that are known to have acted, and the form-filling before them: not to be done twice. */
  readonly skip: ReadonlySet<number>;
  /** The page must be opened at the start URL first. */
  readonly reopen: boolean;
  /** Step by which each instruction was done last. */
  readonly stepOf: ReadonlyMap<number, string>;
  readonly values: Readonly<Record<string, string>>;
  /** Ends the run: a denial, a refusal that trying again cannot cure, an effect that nobody knows. */
  readonly fatal?: string;
  tally(index: number): Tally;
}

const BROWSER_REPLACED = /^browser-replaced/;
const HOPELESS = new Set([
  'approval_denied',
  'origin_refused',
  'scheme_refused',
  'action_refused',
  'secret_missing',
  'secret_refused',
  'invalid_result',
  'model_invalid_plan',
]);
const FORM_FILLING = new Set(['type', 'choose', 'tick']);
const CONFIRMATION = new Set(['wait', 'wait-gone', 'wait-idle', 'wait-ms']);

export function isGrave(step: Pick<StepFact, 'effect'>): boolean {
  return step.effect === 'commit' || step.effect === 'unknown';
}

/** Goes through the conversation and works out how far the program has come. */
export function replay(program: readonly Instruction[], conversation: Conversation): Progress {
  const indexOf = new Map(program.map((instruction, index) => [instruction.id, index]));
  const tallies = new Map<number, Tally>();
  const committed = new Set<number>();
  const stepOf = new Map<number, string>();
  const values: Record<string, string> = {};
  let pointer = 0;
  let highWater = 0;
  let reopen = false;
  let wentBack = false;
  let fatal: string | undefined;

  const tally = (index: number): Tally => {
    const known = tallies.get(index) ?? { failed: 0, phases: {} };
    tallies.set(index, known);
    return known;
  };

  const rewind = (): void => {
    wentBack = true;
    highWater = Math.max(highWater, pointer);
    const opens = program.flatMap(({ command, inCondition }, index) =>
      command.kind === 'open' && !inCondition ? [index] : [],
    );
    const before = opens.findLast((index) => index <= pointer);
    reopen = before === undefined && conversation.startUrl !== undefined;
    pointer = before ?? (reopen ? 0 : (opens[0] ?? 0));
    tallies.clear();
  };

  const settle = (step: StepFact): void => {
    const why = readWhy(step.why);
    if (!why || step.status === undefined || step.status === 'dropped') return;
    const done = step.status === 'done' || step.status === 'resolved-acted';
    if (why.phase === 'reopen') {
      if (done) reopen = false;
      else tally(-1).failed += 1;
      return;
    }
    if (why.phase === 'finish') {
      if (!done) fatal = `the result was refused: ${step.message ?? step.code ?? step.status}`;
      return;
    }
    const index = indexOf.get(why.id);
    if (index === undefined) return;
    const own = tally(index);
    if (why.phase !== 'act') {
      own.phases[why.phase] = (own.phases[why.phase] ?? 0) + 1;
      own.last = step;
      return;
    }
    stepOf.set(index, step.stepId);
    if (done) {
      pointer = index + 1;
      own.failed = 0;
      if (
        step.effect === 'commit' ||
        (step.effect === 'unknown' && step.status === 'resolved-acted')
      )
        committed.add(index);
      return;
    }
    const what = program[index]?.text ?? '';
    own.last = step;
    if (step.status !== 'resolved-redo-harmless' && step.status !== 'resolved-not-acted')
      own.failed += 1;
    if (HOPELESS.has(step.code ?? ''))
      fatal = `sentence ${why.id} (${what}): ${step.code === 'approval_denied' ? 'a person denied it' : 'it was refused'}${step.message === undefined ? '' : `: ${step.message}`}`;
    else if (step.status === 'uncertain' && isGrave(step))
      fatal = `sentence ${why.id} (${what}): nobody knows whether it acted, so it is not repeated${step.message === undefined ? '' : `: ${step.message}`}`;
  };

  for (const turn of conversation.past) {
    if (turn.notices.some((notice) => BROWSER_REPLACED.test(notice))) rewind();
    Object.assign(values, turn.values);
    for (const step of turn.steps) settle(step);
    highWater = Math.max(highWater, pointer);
  }
  if (conversation.notices.some((notice) => BROWSER_REPLACED.test(notice))) rewind();

  // Filling a form that will not be sent again is pointless, and the form may be gone; so is what the page said once it was sent.
  const skip = new Set(committed);
  for (const index of committed) {
    for (let at = index - 1; FORM_FILLING.has(program[at]?.command.kind ?? ''); at -= 1)
      skip.add(at);
    if (wentBack)
      for (let at = index + 1; CONFIRMATION.has(program[at]?.command.kind ?? ''); at += 1)
        skip.add(at);
  }

  return {
    pointer,
    highWater,
    skip,
    reopen,
    stepOf,
    values,
    tally,
    ...(fatal !== undefined && { fatal }),
  };
}
