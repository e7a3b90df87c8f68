import type { ActionOf } from '../../../shared/contracts/action.ts';
import { StepStop, type Step, type StepResult } from './step.ts';

export async function dialog(step: Step, action: ActionOf<'dialog'>): Promise<StepResult> {
  const tab = step.tab();
  if (!tab.dialog)
    throw new StepStop(
      'stale',
      'target_stale',
      'no dialog is open; confirm and prompt are dismissed after 30 s, an alert at once',
    );
  const text =
    action.text === undefined ? undefined : (await step.host.resolveText(action.text)).text;
  step.touch();
  await tab.answerDialog(action.accept, text);
  return { frames: 1 };
}
