import type { ActionOf } from '../../../shared/contracts/action.ts';
import { StepStop, type Step, type StepResult } from './step.ts';

type Selected = { problem: string } | { text: string };

export async function selectText(step: Step, action: ActionOf<'select_text'>): Promise<StepResult> {
  const target = await step.resolve(action.target);
  step.touch();
  const { text, start, end } = action;
  const selected = await step.call<Selected>(target, 'selectText', target.ref, {
    text,
    start,
    end,
  });
  if ('problem' in selected) {
    step.untouch();
    throw new StepStop('refused', 'action_refused', selected.problem);
  }
  return { target, data: selected.text.slice(0, 2_000), frames: 0 };
}
