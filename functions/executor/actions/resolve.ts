import { AppError } from '../../../shared/core/errors.ts';
import type { FrameRecord } from '../browser/frame-record.ts';
import type { Tab } from '../browser/tab.ts';
import type { TargetCheck } from '../observe/agent.ts';
import type { Resolved } from './step.ts';

const stale = (target: string, reason: string): AppError =>
  new AppError(
    'target_stale',
    `the target ${target} is not what was observed: ${reason}; observe again`,
    { retryable: true },
  );

/** Throws unless the ref still means what was observed. */
export function assertSame(target: string, check: TargetCheck, healed: Set<string>): void {
  if (check.state === 'unknown') throw stale(target, 'it belongs to another document or tab');
  if (check.state === 'stale') throw stale(target, check.reason);
  if (check.healed) healed.add(target);
}

/** Where a ref or point of the last observation is. A ref is checked in the first call on it, to save a round trip. */
export async function locateTarget(tab: Tab, target: string): Promise<Resolved> {
  const point = /^@(-?\d+),(-?\d+)$/.exec(target);
  if (point) return resolvePoint(tab, Number(point[1]), Number(point[2]), target);
  const parts = /^(?:f(\d+))?e(\d+)$/.exec(target);
  if (!parts) throw new AppError('invalid_request', `${target} is neither a ref nor a point`);
  const number = Number(parts[1] ?? 0);
  const ref = Number(parts[2]);
  const { frames } = tab;
  let frame: FrameRecord | undefined = frames.main;
  if (number !== 0) {
    await frames.list();
    frame = frames.byNumber(number);
    if (!frame && number >= frames.counters.frame)
      throw new AppError(
        'target_not_found',
        `there is no frame f${number}; refs come from the observation`,
      );
    if (!frame) throw stale(target, 'its frame is gone');
  }
  const next = number === 0 ? frames.counters.main : frame.next;
  if (ref === 0 || ref >= next)
    throw new AppError(
      'target_not_found',
      `the ref ${target} was never given out; refs come from the observation`,
    );
  return { frame, ref, unchecked: target };
}

/** A point holds only for the scroll position that was observed; inside a frame it is what the frame shows there. */
async function resolvePoint(tab: Tab, x: number, y: number, target: string): Promise<Resolved> {
  const { frames } = tab;
  const same = await frames.call<boolean>(frames.main, 'sameScroll', []);
  if (!same) throw stale(target, 'the page was scrolled or has another size since');
  let frame = frames.main;
  let [left, top] = [x, y];
  const list = await frames.list();
  for (;;) {
    const moved = await frames.call<string | null>(frame, 'movedAt', [left, top]);
    if (moved !== null) throw stale(target, moved);
    const ref = await frames.call<number | null>(frame, 'refAt', [left, top]);
    if (ref === null)
      throw new AppError(
        'target_not_found',
        `there is nothing at ${target}; points are CSS pixels of the view`,
      );
    const child = list.find((other) => other.parent === frame && other.owner === ref);
    if (!child) return { frame, ref, point: { x, y, within: { x: left, y: top } } };
    const box = await frames.call<{ left: number; top: number; scale: number }>(frame, 'frameBox', [
      ref,
      0,
      0,
    ]);
    [left, top] = [(left - box.left) / box.scale, (top - box.top) / box.scale];
    frame = child;
  }
}
