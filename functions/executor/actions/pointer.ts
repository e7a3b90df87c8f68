import type { ActionOf } from '../../../shared/contracts/action.ts';
import { StepStop, type Resolved, type Step, type StepResult } from './step.ts';

/** Longer than a frame of the display: a pointer that did not come by then went elsewhere. */
const POINTER_MS = 50;
const MODIFIERS = { Alt: 1, Control: 2, Meta: 4, Shift: 8 } as const;
const BUTTONS = { left: 1, right: 2, middle: 4 } as const;

type Point = { x: number; y: number };
/** `within`: the same in the view of the target's frame, where another process has that frame. */
export type Place = Point & { within?: Point & { target: Resolved } };
type Link = { href: string; blank: boolean } | null;
/** What the agent says of an element that is to be touched. */
export type Spot = (Point & { link: Link; saves: boolean }) | { problem: string };

/** Waits until the target can be touched and gives the point in the page's view, through all frames around it. */
export async function placeOf(
  step: Step,
  target: Resolved,
  options: { enabled?: boolean; onLink?: (link: Link, saves: boolean) => void; found?: Spot } = {},
): Promise<Place> {
  if (target.point) return placed(step, target, target.point, target.point.within);
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
    if (performance.now() >= until) throw coveredBy(place.cover);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A point of a frame's view as one of the page's; `cover` is what lies over the frame there. */
export async function throughFrames(
  step: Step,
  target: Resolved,
  inner: Point,
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
  return placed(step, target, { x, y }, inner);
}

const placed = (step: Step, target: Resolved, { x, y }: Point, inner: Point): Place => ({
  x,
  y,
  ...(target.frame.channel !== step.tab().channel && {
    within: { target, x: inner.x, y: inner.y },
  }),
});

/**
 * Brings the pointer there. Until the browser has a picture of a frame in another process, and while it has an old one, what is meant for
 * that frame goes elsewhere without a word: the frame itself says whether the pointer came to that point.
 */
export async function reach(step: Step, place: Place): Promise<Point> {
  const { within } = place;
  if (!within) return place;
  const tab = step.tab();
  const until = performance.now() + Math.max(0, step.left() - 200);
  let at: Point = place;
  for (let turn = 0; ; turn += 1) {
    if (turn > 0) at = await stillAt(step, within);
    const { frame } = within.target;
    const seen = await tab.orDialog(
      Promise.all([
        tab.frames.call<boolean>(frame, 'pointerAt', [within.x, within.y, POINTER_MS]),
        movePointer(step, at),
      ]),
    );
    if (!seen || seen[0]) return at;
    if (performance.now() >= until || step.signal?.aborted)
      throw new StepStop(
        'blocked',
        'target_blocked',
        'the pointer does not get to the frame of the target: something else takes it there',
      );
  }
}

async function stillAt(step: Step, within: Point & { target: Resolved }): Promise<Point> {
  const place = await throughFrames(step, within.target, within);
  if ('cover' in place) throw coveredBy(place.cover);
  return place;
}

const coveredBy = (cover: string): StepStop =>
  new StepStop('blocked', 'target_blocked', `the frame of the target is covered by ${cover}`);

const movePointer = (step: Step, { x, y }: Point): Promise<unknown> =>
  step.tab().channel.send('Input.dispatchMouseEvent', {
    type: 'mouseMoved',
    x,
    y,
    button: 'none',
    buttons: 0,
  });

/** Trusted mouse input, sent in one go; a dialog that opens meanwhile ends the wait. */
export async function pressAt(
  step: Step,
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
  const { x, y } = await reach(step, place);
  const tab = step.tab();
  const send = (type: string, extra: object): Promise<unknown> =>
    tab.channel.send('Input.dispatchMouseEvent', { type, x, y, modifiers, ...extra });
  step.touch();
  const sent = [send('mouseMoved', { button: 'none', buttons: 0 })];
  if (options.holdMs !== undefined) {
    sent.push(send('mousePressed', { button, buttons: BUTTONS[button], clickCount: 1 }));
    await tab.taken(Promise.all(sent));
    await tab.until(() => tab.dialog !== undefined, options.holdMs);
    await tab.taken(send('mouseReleased', { button, buttons: 0, clickCount: 1 }));
    return;
  }
  for (let clickCount = 1; clickCount <= (options.count ?? 1); clickCount += 1)
    sent.push(
      send('mousePressed', { button, buttons: BUTTONS[button], clickCount }),
      send('mouseReleased', { button, buttons: 0, clickCount }),
    );
  await tab.taken(Promise.all(sent));
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
  await pressAt(step, place, action);
  return { target, frames: 1, saves };
}

export async function hover(step: Step, action: ActionOf<'hover'>): Promise<StepResult> {
  const target = await step.resolve(action.target);
  const place = await placeOf(step, target, { enabled: false });
  step.touch();
  const at = await reach(step, place);
  if (!place.within) await step.tab().taken(movePointer(step, at));
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
  const { x, y } = await reach(step, await placeOf(step, target, { enabled: false }));
  const send = (type: string, extra: object): Promise<unknown> =>
    tab.channel.send('Input.dispatchMouseEvent', { type, x, y, button: 'none', ...extra });
  await tab.taken(
    Promise.all([send('mouseMoved', {}), send('mouseWheel', { deltaX: dx, deltaY: dy })]),
  );
  return { data: { wheel: true, x: dx, y: dy }, frames: 2, target };
}
