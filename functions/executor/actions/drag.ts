import type { ActionOf } from '../../../shared/contracts/action.ts';
import { placeOf, reach, type Place } from './pointer.ts';
import { StepStop, type Resolved, type Step, type StepResult } from './step.ts';

/** Places of both ends in the same view: bringing one in may have moved the other. */
async function ends(step: Step, from: Resolved, to: Resolved): Promise<[Place, Place]> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const before = await placeOf(step, from);
    const goal = await placeOf(step, to, { enabled: false });
    const start = await placeOf(step, from);
    if (Math.abs(start.x - before.x) <= 2 && Math.abs(start.y - before.y) <= 2)
      return [start, goal];
  }
  throw new StepStop(
    'blocked',
    'target_blocked',
    'both ends of the drag do not fit into the view; scroll so that they do',
  );
}

/**
 * A drag by trusted mouse input; where the page takes it for an HTML5 drag, the browser's drag events follow it. Playwright's mouse
 * turns one into the other.
 */
export async function drag(step: Step, action: ActionOf<'drag'>): Promise<StepResult> {
  const tab = step.tab();
  const { mouse } = tab.page;
  const from = await step.resolve(action.from);
  const to = await step.resolve(action.to);
  const [start, goal] = await ends(step, from, to);
  const path: Place[] = [];
  for (const point of action.path ?? [])
    path.push(await placeOf(step, await step.resolve(point), { enabled: false }));
  await reach(step, goal);
  await reach(step, start);
  step.touch();
  const work = async (): Promise<void> => {
    await mouse.move(start.x, start.y);
    await mouse.down();
    try {
      if (action.holdMs !== undefined) await tab.until(() => false, action.holdMs, step.signal);
      let at = start;
      for (const next of [...path, goal]) {
        const far = Math.hypot(next.x - at.x, next.y - at.y);
        await mouse.move(next.x, next.y, { steps: Math.max(2, Math.min(12, Math.ceil(far / 20))) });
        at = next;
      }
      // Drop targets often take notice only of a second move over them.
      await mouse.move(goal.x, goal.y);
    } finally {
      await mouse.up();
    }
  };
  await tab.taken(work());
  return { target: from, dropped: to, frames: 1 };
}
