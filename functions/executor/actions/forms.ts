import type { ActionOf } from '../../../shared/contracts/action.ts';
import { type } from './keyboard.ts';
import { placeOf, pressAt, type Spot } from './pointer.ts';
import { StepStop, type Resolved, type Step, type StepResult } from './step.ts';

/** A switch that waits for its server may take this long to show it. */
const LATE_MS = 2_000;

type NativeChoice =
  | { blocked: string }
  | { native: false }
  | { native: true; missing: string; options: string[] }
  | { native: true; disabled: string }
  | { native: true; single: true }
  | { native: true; value: string[] };
type CustomChoice =
  | { count: number; options: string[] }
  | { ref: number; label: string; selected: boolean };

export async function select(step: Step, action: ActionOf<'select'>): Promise<StepResult> {
  const target = await step.resolve(action.target);
  step.touch();
  const choice = await step.call<NativeChoice>(
    target,
    'chooseNative',
    target.ref,
    action.values,
    step.left(),
  );
  if ('blocked' in choice) {
    step.untouch();
    throw new StepStop('blocked', 'target_blocked', `the target cannot be used: ${choice.blocked}`);
  }
  if (!choice.native)
    return (await suggested(step, target, action)) ?? custom(step, target, action.values);
  if ('missing' in choice)
    throw new StepStop(
      'refused',
      'action_refused',
      `there is no option "${choice.missing}"; the options are: ${choice.options.join(' | ')}`,
    );
  if ('disabled' in choice)
    throw new StepStop('blocked', 'target_blocked', `the option "${choice.disabled}" is disabled`);
  if ('single' in choice)
    throw new StepStop('refused', 'invalid_request', 'only one option can be chosen there');
  return { target, data: choice.value, frames: 0 };
}

/** A field with suggestions (`<input list>`): the value of the suggestion is typed. */
async function suggested(
  step: Step,
  target: Resolved,
  action: ActionOf<'select'>,
): Promise<StepResult | undefined> {
  const [wanted = ''] = action.values;
  const found = await step.call<{ value: string } | { options: string[] } | null>(
    target,
    'suggested',
    target.ref,
    wanted,
  );
  if (!found) return undefined;
  if (!('value' in found))
    throw new StepStop(
      'refused',
      'action_refused',
      `there is no option "${wanted}"; the options are: ${found.options.join(' | ')}`,
    );
  const typed = await type(step, {
    action: 'type',
    target: action.target,
    text: found.value,
    clear: true,
    submit: false,
    why: action.why,
  });
  return { ...typed, data: [found.value] };
}

/** A list built by the page: open it, take the option by value or label, check that it took. */
async function custom(
  step: Step,
  target: Resolved,
  values: readonly string[],
): Promise<StepResult> {
  const chosen: string[] = [];
  for (const value of values) {
    let option = await step.call<CustomChoice>(target, 'findOption', target.ref, value);
    if (!('ref' in option)) {
      if (!(await step.call<boolean>(target, 'expanded', target.ref)))
        await pressAt(step, await placeOf(step, target));
      option = await optionSoon(step, target, value, 1_000);
    }
    if (!('ref' in option)) {
      // An editable list shows only what matches what was typed.
      const typed = await step.call<{ kind?: string }>(target, 'focusField', target.ref, true);
      if (typed.kind === 'text') {
        await step.tab().channel.send('Input.insertText', { text: value });
        option = await optionSoon(step, target, value, 2_000);
      }
    }
    if (!('ref' in option))
      throw new StepStop(
        'failed',
        'action_failed',
        `the list shows no option "${value}"; it shows: ${option.options.join(' | ') || 'none'}`,
      );
    const picked: Resolved = { frame: target.frame, ref: option.ref };
    if (!option.selected || values.length === 1) await pressAt(step, await placeOf(step, picked));
    await step.settle(picked);
    chosen.push(option.label);
    await assertPicked(step, target, option.label, value);
  }
  return { target, data: chosen, frames: 1 };
}

const optionSoon = (
  step: Step,
  target: Resolved,
  value: string,
  waitMs: number,
): Promise<CustomChoice> =>
  step.call(target, 'optionSoon', target.ref, value, Math.min(waitMs, step.left()));

async function assertPicked(
  step: Step,
  target: Resolved,
  label: string,
  value: string,
): Promise<void> {
  const after = await step.call<CustomChoice>(target, 'findOption', target.ref, value);
  if ('ref' in after && after.selected) return;
  const shown =
    `${await step.call<string>(target, 'fieldValue', target.ref)} ${await step.call<string>(target, 'read', target.ref, 'text')}`.toLowerCase();
  if (shown.includes(label.toLowerCase().slice(0, 40)) || !('ref' in after)) return;
  throw new StepStop('failed', 'action_failed', `the list did not take "${value}"`);
}

interface CheckState {
  problem?: string;
  checked: boolean;
  radio: boolean;
  touch: number;
  spot?: Spot;
}

export async function check(step: Step, action: ActionOf<'check'>): Promise<StepResult> {
  const target = await step.resolve(action.target);
  if (target.point)
    throw new StepStop('refused', 'invalid_request', 'check needs a ref, not a point');
  const state = await step.call<CheckState>(
    target,
    'readyCheck',
    target.ref,
    action.checked,
    Math.max(0, step.left() - 200),
  );
  if (state.problem !== undefined)
    throw new StepStop(
      'refused',
      'action_refused',
      `the target is not a checkbox, radio or switch: ${state.problem}`,
    );
  if (state.checked === action.checked) return { target, looked: true };
  if (state.radio && !action.checked)
    throw new StepStop(
      'refused',
      'invalid_request',
      'a radio cannot be unchecked; check another one',
    );
  const box = { frame: target.frame, ref: state.touch };
  const place = await placeOf(step, box, state.spot && { found: state.spot });
  await pressAt(step, place);
  const judge = (value: unknown): void => {
    const after = value as CheckState;
    if (after.problem === undefined && after.checked !== action.checked)
      throw new StepStop(
        'failed',
        'action_failed',
        `the target is still ${after.checked ? 'checked' : 'unchecked'}`,
      );
  };
  const later = (): Promise<unknown> =>
    step.call(target, 'checkSoon', target.ref, action.checked, Math.min(LATE_MS, step.left()));
  return { target, frames: 0, afterwards: { target, name: 'checkState', judge, later } };
}
