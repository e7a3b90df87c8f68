/// <reference lib="dom" />
import type { Agent } from './agent.ts';

/** Scrolling. Runs in the isolated world; must not use anything from outside the function. */
export function installScrolling(agent: Agent): void {
  agent.scrollElement = (
    ref: number | null,
    by: { dx?: number; dy?: number; pages?: number; to?: string },
  ): unknown => {
    let scroller: Element = document.scrollingElement ?? agent.top();
    /** Nothing around the element scrolls by itself: the page may do it in a way of its own. */
    let isOutside = false;
    if (ref !== null) {
      const element = agent.live(ref);
      if (by.to === 'into-view') {
        element.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
        return { moved: true };
      }
      const inner = agent
        .chain(element)
        .find(
          (each) =>
            each.scrollHeight > each.clientHeight + 1 &&
            /auto|scroll/.test(getComputedStyle(each).overflowY),
        );
      const wide = agent
        .chain(element)
        .find(
          (each) =>
            each.scrollWidth > each.clientWidth + 1 &&
            /auto|scroll/.test(getComputedStyle(each).overflowX),
        );
      isOutside = !inner && !wide;
      scroller = (by.dx ? (wide ?? inner) : (inner ?? wide)) ?? scroller;
    }
    const before = [scroller.scrollLeft, scroller.scrollTop];
    if (isOutside && by.to === undefined) {
      const { clientHeight } = agent.live(ref ?? 0);
      return { wheel: { dx: by.dx ?? 0, dy: (by.dy ?? 0) + (by.pages ?? 0) * clientHeight * 0.9 } };
    }
    const top =
      by.to === 'top'
        ? -1e9
        : by.to === 'bottom'
          ? 1e9
          : (by.dy ?? 0) + (by.pages ?? 0) * scroller.clientHeight * 0.9;
    scroller.scrollBy({ left: by.dx ?? 0, top, behavior: 'instant' });
    return {
      moved: scroller.scrollLeft !== before[0] || scroller.scrollTop !== before[1],
      x: Math.round(scroller.scrollLeft),
      y: Math.round(scroller.scrollTop),
      height: scroller.scrollHeight,
      shown: scroller.clientHeight,
    };
  };
}
