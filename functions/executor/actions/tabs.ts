import type { ActionOf } from '../../../shared/contracts/action.ts';
import { navigate } from './navigate.ts';
import { StepStop, type Step, type StepResult } from './step.ts';

export async function tab(step: Step, action: ActionOf<'tab'>): Promise<StepResult> {
  if (action.op === 'open') {
    if (action.url !== undefined)
      step.host.assertMayShow((await step.host.resolveText(action.url)).text);
    step.touch();
    await step.tabs.open();
    if (action.url !== undefined)
      await navigate(step, { action: 'navigate', url: action.url, why: action.why });
    return { frames: 0 };
  }
  const id = action.id ?? (action.op === 'close' ? step.tab().id : undefined);
  const known = step.tabs.list();
  if (id === undefined || !known.some((each) => each.id === id))
    throw new StepStop(
      'refused',
      'invalid_request',
      `there is no tab ${id ?? '(none given)'}; the tabs are: ${known.map((each) => each.id).join(', ')}`,
    );
  step.touch();
  await (action.op === 'switch' ? step.tabs.switch(id) : step.tabs.close(id));
  return { frames: 0 };
}
