import type { ActionOf } from '../../../shared/contracts/action.ts';
import { fold } from './expectation.ts';
import { reach, throughFrames, type Place } from './pointer.ts';
import { StepStop, type Resolved, type Step, type StepResult } from './step.ts';

type Selected = { problem: string } | { text: string };
type Places = { from: Place; to: Place; text: string } | null;

/** Selects text as a person would, with the mouse; in fields, and where a mouse does not get it, by the document's own selection. */
export async function selectText(step: Step, action: ActionOf<'select_text'>): Promise<StepResult> {
  const target = await step.resolve(action.target);
  step.touch();
  const { text, start, end } = action;
  const span = { text, start, end };
  const byHand = target.point ? undefined : await byMouse(step, target, span);
  if (byHand !== undefined) return { target, data: byHand.slice(0, 2_000), frames: 1 };
  const selected = await step.call<Selected>(target, 'selectText', target.ref, span);
  if ('problem' in selected) {
    step.untouch();
    throw new StepStop('refused', 'action_refused', selected.problem);
  }
  return { target, data: selected.text.slice(0, 2_000), frames: 0 };
}

/** The text that a drag from its first to its last character selected; undefined when that was another, or none. */
async function byMouse(step: Step, target: Resolved, span: object): Promise<string | undefined> {
  const places = await step.call<Places>(target, 'spanPlaces', target.ref, span);
  if (!places) return undefined;
  const from = await throughFrames(step, target, places.from);
  const to = await throughFrames(step, target, places.to);
  if ('cover' in from || 'cover' in to) return undefined;
  await reach(step, from);
  const tab = step.tab();
  const send = (type: string, { x, y }: Place, extra: object): Promise<unknown> =>
    tab.channel.send('Input.dispatchMouseEvent', { type, x, y, button: 'left', ...extra });
  await tab.taken(
    Promise.all([
      send('mouseMoved', from, { button: 'none' }),
      send('mousePressed', from, { buttons: 1, clickCount: 1 }),
      send('mouseMoved', to, { buttons: 1 }),
      send('mouseReleased', to, { buttons: 0, clickCount: 1 }),
    ]),
  );
  if (tab.dialog) return '';
  const seen = await step.call<string>(target, 'selectedText');
  return fold(seen) === fold(places.text) ? seen : undefined;
}
