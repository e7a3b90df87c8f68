import type { Name } from './command.ts';
import type { Conversation } from './conversation.ts';
import { parseLine, type Page, type Unit } from './page-text.ts';
import type { Instruction } from './program.ts';
import { whyOf, type Phase, type Progress, type Tally } from './progress.ts';
import { describeUnit, nearestNames, resolve, type RoleGroups } from './resolver.ts';

/** How the turn goes on after an instruction. */
export type Verdict =
  | { readonly kind: 'next' }
  /** The page will change, or must be seen again. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'jump'; readonly to: number }
  | { readonly kind: 'fail'; readonly message: string };
export const NEXT: Verdict = { kind: 'next' };
export const STOP: Verdict = { kind: 'stop' };

const MAX_FAILED = 3;
const MAX_SCROLLS = 3;

export type Found = { readonly unit: Unit } | { readonly verdict: Verdict };

/** Units that an outcome of `find` listed, whatever shape its data has: unit text, or objects with ref, role and name. */
function unitsIn(value: unknown): Unit[] {
  if (typeof value === 'string')
    return value.includes('[')
      ? value.split('\n').flatMap((line) => [...parseLine(line).units])
      : [];
  if (Array.isArray(value)) return value.flatMap(unitsIn);
  if (typeof value !== 'object' || value === null) return [];
  const { ref, role, name } = value as { ref?: unknown; role?: unknown; name?: unknown };
  if (typeof ref === 'string' && typeof role === 'string')
    return [{ ref, role, name: typeof name === 'string' ? name : '', flags: [] }];
  return Object.values(value).flatMap(unitsIn);
}

/** One turn in the making. */
export class TurnContext {
  readonly steps: Record<string, unknown>[] = [];
  readonly values: Record<string, string> = {};
  /** Steps of this turn by instruction. */
  readonly emitted = new Map<number, string>();
  /** Ref of the field that was typed into last in this turn. */
  typedInto: string | undefined;
  readonly conversation: Conversation;
  readonly program: readonly Instruction[];
  readonly progress: Progress;

  constructor(conversation: Conversation, program: readonly Instruction[], progress: Progress) {
    this.conversation = conversation;
    this.program = program;
    this.progress = progress;
  }

  get page(): Page {
    return this.conversation.page;
  }

  get units(): Unit[] {
    return this.page.lines.flatMap((line) => [...line.units]);
  }

  tally(index: number): Tally {
    return this.progress.tally(index);
  }

  /** The sentence is being gone through again after the browser was lost. */
  isReplayed(index: number): boolean {
    return index < this.progress.highWater;
  }

  emit(index: number, phase: Phase, item: Record<string, unknown>): string {
    const { id, text } = this.program[index] ?? { id: '0', text: 'open the start page' };
    this.steps.push({ ...item, why: whyOf(id, phase, text) });
    const stepId = `${this.conversation.planEpoch}-${this.steps.length}`;
    if (phase === 'act') this.emitted.set(index, stepId);
    return stepId;
  }

  fail(index: number, reason: string): Verdict {
    const { id, text } = this.program[index] ?? { id: '?', text: '' };
    return { kind: 'fail', message: `Sentence ${id} (${text}): ${reason}` };
  }

  /** Says so when the sentence was tried often enough on fresh observations. */
  exhausted(index: number): Verdict | undefined {
    const { failed, last } = this.tally(index);
    if (failed < MAX_FAILED) return undefined;
    const why = [last?.code, last?.message].filter((part) => part !== undefined).join(': ');
    return this.fail(
      index,
      `tried ${failed} times without success${why === '' ? '' : `; last: ${why}`}.`,
    );
  }

  /** Steps towards something that is not on the observation: wait for it once, search the whole page, scroll, give up. */
  seek(index: number, name: string, reason: string): Verdict {
    if (this.steps.length > 0) return STOP;
    const { phases } = this.tally(index);
    if ((phases.wait ?? 0) === 0) {
      this.emit(index, 'wait', { action: 'wait', text: name });
      return STOP;
    }
    if ((phases.find ?? 0) === 0) {
      this.emit(index, 'find', { action: 'find', text: name });
      return STOP;
    }
    const more = this.page.viewBottom < this.page.pageHeight;
    if (more && (phases.scroll ?? 0) < MAX_SCROLLS) {
      this.emit(index, 'scroll', { action: 'scroll', pages: 1 });
      return STOP;
    }
    return this.fail(index, reason);
  }

  /** The element that a sentence means, or what to do instead. */
  locate(index: number, what: Name, groups: RoleGroups, within?: readonly Unit[]): Found {
    const tired = this.exhausted(index);
    if (tired) return { verdict: tired };
    const units = within ?? [...this.units, ...this.foundUnits(index)];
    const resolution = resolve(units, what, groups);
    if (resolution.kind === 'found') return { unit: resolution.unit };
    if (resolution.kind === 'ambiguous') {
      if (this.steps.length > 0) return { verdict: STOP };
      const list = resolution.candidates.slice(0, 6).map(describeUnit).join(', ');
      return {
        verdict: this.fail(
          index,
          `several things on the page are called "${what.name}": ${list}. Say which, such as: the first "${what.name}".`,
        ),
      };
    }
    const nearest = nearestNames(units, what.name);
    const hint =
      nearest.length > 0 ? ` Nearest: ${nearest.map((name) => `"${name}"`).join(', ')}.` : '';
    const kind = what.noun === undefined ? 'Nothing fitting' : `No ${what.noun}`;
    return {
      verdict: this.seek(index, what.name, `${kind} on the page is called "${what.name}".${hint}`),
    };
  }

  private foundUnits(index: number): Unit[] {
    const { last, phases } = this.tally(index);
    if ((phases.find ?? 0) === 0) return [];
    const steps = this.conversation.past
      .flatMap((turn) => turn.steps)
      .filter((step) => step.action === 'find');
    const newest = last?.action === 'find' ? last : steps.at(-1);
    return newest ? unitsIn(this.conversation.data.get(newest.stepId)) : [];
  }

  /** Data of the step that did an instruction last. */
  dataOf(index: number): unknown {
    const stepId = this.progress.stepOf.get(index);
    return stepId === undefined ? undefined : this.conversation.data.get(stepId);
  }
}
