import type { GenerateBody } from '../../planner/offline/wire-server.ts';
import { readConversation } from '../../planner/offline/conversation.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { Exercise, PlanStep, Solver } from './exercise.ts';
import { NotShown, View, type Told } from './view.ts';

const FINISH: PlanStep = { action: 'finish', status: 'success', summary: 'done' };
const giveUp = (summary: string): PlanStep => ({
  action: 'finish',
  status: 'failure',
  summary: summary.slice(0, 3_900),
});

/** Lines of the newest message that tell what became of steps. */
function toldIn(body: GenerateBody): Told[] {
  const last = body.contents.findLast(({ role }) => role === 'user');
  const text =
    last?.parts.map((part) => (typeof part['text'] === 'string' ? part['text'] : '')).join('') ??
    '';
  const trusted = text.slice(0, text.indexOf('\nuntrusted '));
  return trusted
    .split('\n')
    .filter((line) => line.startsWith('outcome '))
    .map((line) => JSON.parse(line.slice('outcome '.length)) as Told);
}

/** Plays the planner: all that it is given is the request that a model would be given. */
export class GalleryPlanner {
  readonly #exercises = new Map<string, { exercise: Exercise; solver?: Solver; empty: boolean }>();

  /** Runs that start at this address are planned for this exercise; `empty`: with a plan that does nothing. */
  expect(url: string, exercise: Exercise, empty: boolean): void {
    this.#exercises.set(`${url}#${empty ? 'empty' : 'solve'}`, { exercise, empty });
  }

  /** The goal of a run names its address and whether it does anything. */
  static goal(url: string, empty: boolean): string {
    return `gallery ${url}#${empty ? 'empty' : 'solve'}`;
  }

  plan(body: GenerateBody): { plan: unknown } {
    const conversation = readConversation(body.contents);
    if (!conversation) throw new AppError('internal', 'the prompt was not understood');
    const here = this.#exercises.get(conversation.goal.replace(/^gallery /, ''));
    if (!here) throw new AppError('internal', `no exercise for "${conversation.goal}"`);
    const data = new Map<number, unknown>();
    for (const [stepId, value] of conversation.data) {
      const [turn, step] = stepId.split('-').map(Number);
      if (turn === conversation.planEpoch - 1 && step !== undefined) data.set(step, value);
    }
    const told = toldIn(body);
    const view = new View(conversation.page, told, data);
    return { plan: { thought: '', steps: here.empty ? [FINISH] : this.#next(here, view) } };
  }

  #next(here: { exercise: Exercise; solver?: Solver }, view: View): readonly PlanStep[] {
    try {
      const first = here.solver === undefined;
      here.solver ??= here.exercise.solve(view);
      const next = first ? here.solver.next() : here.solver.next(view);
      // Steps that follow a new document are dropped anyway: the end comes in a turn of its own.
      return next.done ? [FINISH] : next.value;
    } catch (error) {
      if (error instanceof NotShown)
        return [
          giveUp(
            `${error.message} (${view.told.map(({ action, status, message }) => `${action} ${status} ${message ?? ''}`).join('; ')})`,
          ),
        ];
      throw error;
    }
  }
}
