import type { ActionOf } from '../../../shared/contracts/action.ts';
import type { Tab } from '../browser/tab.ts';
import { StepStop, type Resolved, type Step, type StepResult } from './step.ts';

const MODIFIERS = { Alt: 1, Control: 2, Meta: 4, Shift: 8 } as const;
const BUTTONS = { left: 1, right: 2, middle: 4 } as const;

export type Place = { x: number; y: number };
type Link = { href: string; blank: boolean } | null;
/** What the agent says of an element that is to be touched. */
export type Spot = (Place & { link: Link; saves: boolean }) | { problem: string };

/** Waits until the target can be touched and gives the point in the page's view, through all frames around it. */
export async function placeOf(
  step: Step,
  target: Resolved,
  options: { enabled?: boolean; onLink?: (link: Link, saves: boolean) => void; found?: Spot } = {},
): Promise<Place> {
  if (target.point) return target.point;
  const until = performance.now() + Math.max(0, step.left() - 200);
  for (let early = options.found; ; early = undefined) {
    const waitMs = Math.max(0, until - performance.now());
    const found =
      early ??
      (await step.call<Spot>(target, 'prepare', target.ref, {
        waitMs,
        enabled: options.enabled ?? true,
        touch: true,
      }));
    if ('problem' in found)
      throw new StepStop(
        'blocked',
        'target_blocked',
        `the target cannot be used: ${found.problem}`,
      );
    options.onLink?.(found.link, found.saves);
    const place = await throughFrames(step, target, found);
    if (!('cover' in place)) return place;
    if (performance.now() >= until)
      throw new StepStop(
        'blocked',
        'target_blocked',
        `the frame of the target is covered by ${place.cover}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A point of a frame's view as one of the page's; `cover` is what lies over the frame there. */
export async function throughFrames(
  step: Step,
  target: Resolved,
  inner: Place,
): Promise<Place | { cover: string }> {
  let { x, y } = inner;
  for (let frame = target.frame; frame.parent && frame.owner !== undefined; frame = frame.parent) {
    const box = await step.call<{ left: number; top: number; scale: number; cover: string | null }>(
      { frame: frame.parent, ref: frame.owner },
      'frameBox',
      frame.owner,
      x,
      y,
    );
    if (box.cover !== null) return { cover: box.cover };
    x = box.left + x * box.scale;
    y = box.top + y * box.scale;
  }
  return { x, y };
}

/** Trusted mouse input, sent in one go; a dialog that opens meanwhile ends the wait. */
export async function pressAt(
  tab: Tab,
  place: Place,
  options: {
    button?: keyof typeof BUTTONS;
    count?: number;
    modifiers?: readonly (keyof typeof MODIFIERS)[];
    holdMs?: number | undefined;
  } = {},
): Promise<void> {
  const button = options.button ?? 'left';
  const modifiers = (options.modifiers ?? []).reduce((bits, name) => bits | MODIFIERS[name], 0);
  const send = (type: string, extra: object): Promise<unknown> =>
    tab.channel.send('Input.dispatchMouseEvent', {
      type,
      x: place.x,
      y: place.y,
      modifiers,
      ...extra,
    });
  const sent = [send('mouseMoved', { button: 'none', buttons: 0 })];
  if (options.holdMs !== undefined) {
    sent.push(send('mousePressed', { button, buttons: BUTTONS[button], clickCount: 1 }));
    await tab.orDialog(Promise.all(sent));
    await tab.until(() => tab.dialog !== undefined, options.holdMs);
    await tab.orDialog(send('mouseReleased', { button, buttons: 0, clickCount: 1 }));
    return;
  }
  for (let clickCount = 1; clickCount <= (options.count ?? 1); clickCount += 1)
    sent.push(
      send('mousePressed', { button, buttons: BUTTONS[button], clickCount }),
      send('mouseReleased', { button, buttons: 0, clickCount }),
    );
  await tab.orDialog(Promise.all(sent));
}

export async function click(step: Step, action: ActionOf<'click'>): Promise<StepResult> {
  const target = await step.resolve(action.target);
  const opensWindow = action.button === 'middle' || action.modifiers.some((name) => name !== 'Alt');
  let saves = false;
  const place = await placeOf(step, target, {
    onLink: (link, isSaved) => {
      saves = isSaved;
      if (link && (link.blank || opensWindow)) step.host.assertMayShow(link.href);
    },
  });
  step.touch();
  await pressAt(step.tab(), place, action);
  return { target, frames: 1, saves };
}

export async function hover(step: Step, action: ActionOf<'hover'>): Promise<StepResult> {
  const target = await step.resolve(action.target);
  const place = await placeOf(step, target, { enabled: false });
  step.touch();
  await step.tab().orDialog(
    step.tab().channel.send('Input.dispatchMouseEvent', {
      type: 'mouseMoved',
      x: place.x,
      y: place.y,
      button: 'none',
      buttons: 0,
    }),
  );
  if (action.holdMs !== undefined)
    await step.tab().until(() => step.tab().dialog !== undefined, action.holdMs, step.signal);
  return { target, frames: 1 };
}

export async function scroll(step: Step, action: ActionOf<'scroll'>): Promise<StepResult> {
  const target = action.target === undefined ? undefined : await step.resolve(action.target);
  const by = { dx: action.dx, dy: action.dy, pages: action.pages, to: action.to };
  if (action.to === 'into-view' && !target)
    throw new StepStop('refused', 'invalid_request', 'scroll into-view needs a target');
  const plain =
    action.dx === undefined &&
    action.dy === undefined &&
    action.pages === undefined &&
    action.to === undefined;
  const main = { frame: step.tab().frames.main, ref: 0 };
  step.touch();
  type Moved = Record<string, number | boolean> | { wheel: { dx: number; dy: number } };
  const moved = await step.call<Moved>(
    target ?? main,
    'scrollElement',
    target ? target.ref : null,
    plain ? { pages: 1 } : by,
  );
  if ('wheel' in moved && typeof moved.wheel === 'object' && target)
    return turnWheel(step, target, moved.wheel);
  return { data: moved as Record<string, number | boolean>, frames: 2, ...(target && { target }) };
}

/** Maps, timelines and lists that move what they show themselves hear the wheel only; where nobody listens the page scrolls. */
async function turnWheel(
  step: Step,
  target: Resolved,
  { dx, dy }: { dx: number; dy: number },
): Promise<StepResult> {
  const tab = step.tab();
  const { x, y } = await placeOf(step, target, { enabled: false });
  const send = (type: string, extra: object): Promise<unknown> =>
    tab.channel.send('Input.dispatchMouseEvent', { type, x, y, button: 'none', ...extra });
  await tab.orDialog(
    Promise.all([send('mouseMoved', {}), send('mouseWheel', { deltaX: dx, deltaY: dy })]),
  );
  return { data: { wheel: true, x: dx, y: dy }, frames: 2, target };
}
