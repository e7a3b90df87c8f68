/// <reference lib="dom" />
import type { Agent } from './agent.ts';

/** Where to touch an element, and what keeps it from being touched. Runs in the isolated world; must not use anything from outside the function. */
export function installTouch(agent: Agent): void {
  const covering = (element: Element, x: number, y: number): Element | null => {
    const found = agent.hit(x, y);
    if (!found) return agent.top();
    const above = agent.chain(found);
    // A document that is edited as a whole, as rich text editors have in their frames.
    if (element.contains(found) && (found as HTMLElement).isContentEditable) return null;
    if (
      above.includes(element) ||
      (agent.chain(element).includes(found) && agent.rootOf(found) !== null)
    )
      return null;
    const label = above.find((each) => each.localName === 'label') as HTMLLabelElement | undefined;
    if (label && label.control === element) return null;
    if (label && element.contains(label)) return null;
    return found;
  };
  const spell = (element: Element): string => {
    const name = agent.cut(
      agent.clean(agent.label(element) || element.textContent || '').trim(),
      60,
    );
    const words = `${element.localName}${element.id ? `#${element.id}` : ''}${element.classList[0] ? `.${element.classList[0]}` : ''}`;
    return agent.clean(name ? `${words} "${name}"` : words);
  };
  const isClipped = (element: Element, box: DOMRect): boolean => {
    const x = box.left + box.width / 2;
    const y = box.top + box.height / 2;
    if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) return true;
    for (
      let up = agent.parent(element);
      up && up !== document.body && up !== document.documentElement;
      up = agent.parent(up)
    ) {
      if (getComputedStyle(up).overflow === 'visible') continue;
      const edge = up.getBoundingClientRect();
      if (x < edge.left || x > edge.right || y < edge.top || y > edge.bottom) return true;
    }
    return false;
  };
  const SIDES = ['nearest', 'center', 'start', 'end'] as const;
  const frame = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, 60);
      requestAnimationFrame(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  /** The middle of the first box, or another spot of it that is not covered. */
  const spot = (element: Element): { x: number; y: number } | { covered: Element } | null => {
    const boxes = [...element.getClientRects()].filter((box) => box.width > 0 && box.height > 0);
    const [first] = boxes;
    if (!first) return null;
    let covered: Element | null = null;
    for (const box of boxes.slice(0, 3))
      for (const [across, down] of [
        [0.5, 0.5],
        [0.25, 0.3],
        [0.75, 0.3],
        [0.25, 0.7],
        [0.75, 0.7],
      ] as const) {
        const x = box.left + box.width * across;
        const y = box.top + box.height * down;
        if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) continue;
        const cover = covering(element, x, y);
        if (!cover) return { x, y };
        covered ??= cover;
      }
    return covered ? { covered } : null;
  };
  const moves = (element: Element): boolean =>
    agent
      .chain(element)
      .some((each) => each.getAnimations().some((animation) => animation.playState === 'running'));

  /** Where a link leads, and whether into a window of its own: that cannot be stopped once it is clicked. */
  const linkOf = (element: Element): { href: string; blank: boolean } | null => {
    const link = agent.chain(element).find((each) => each.matches('a[*|href],area[href]'));
    const href = link && agent.hrefOf(link);
    if (href === undefined || !/^https?:/.test(href) || link?.hasAttribute('download')) return null;
    const target =
      link?.getAttribute('target') ||
      document.querySelector('base[target]')?.getAttribute('target') ||
      '_self';
    return { href, blank: !/^_(self|parent|top)$/i.test(target) };
  };
  const isSaved = (element: Element): boolean =>
    agent.chain(element).some((each) => each.matches('a[href][download]'));
  /** Waits until the element is shown, enabled, still and not covered; scrolls it into the view. */
  agent.prepare = async (
    ref: number,
    options: { waitMs: number; enabled: boolean; touch: boolean },
  ): Promise<unknown> => {
    const until = performance.now() + options.waitMs;
    let problem = '';
    let scrolls = 0;
    for (;;) {
      const element = agent.live(ref);
      const control = agent.labelledControl(element) ?? element;
      if (
        options.enabled &&
        (control.matches(':disabled') || control.getAttribute('aria-disabled') === 'true')
      )
        problem = 'it is disabled';
      else if (
        element.getClientRects().length === 0 ||
        getComputedStyle(element).visibility !== 'visible'
      )
        problem = 'it is not shown';
      else {
        const box = element.getBoundingClientRect();
        if (isClipped(element, box)) {
          // Where a scroller snaps back from one place, another may hold.
          const inline = SIDES[scrolls % SIDES.length] ?? 'nearest';
          element.scrollIntoView({ block: 'center', inline, behavior: 'instant' });
          scrolls += 1;
        }
        if (moves(element)) {
          const before = element.getBoundingClientRect();
          await frame();
          const after = element.getBoundingClientRect();
          if (before.x !== after.x || before.y !== after.y || before.width !== after.width) {
            if (performance.now() > until) return { problem: 'it does not stop moving' };
            continue;
          }
        }
        if (!options.touch) return { x: 0, y: 0 };
        const found = spot(element);
        agent.expectPointer();
        if (found && 'x' in found)
          return { ...found, link: linkOf(element), saves: isSaved(element) };
        problem = found ? `it is covered by ${spell(found.covered)}` : 'it has no size';
      }
      if (performance.now() > until) return { problem };
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  };
  let pointer: { x: number; y: number } | undefined;
  let pointerCame = (): void => undefined;
  const onPointer = (event: PointerEvent): void => {
    if (!event.isTrusted) return;
    pointer = { x: event.clientX, y: event.clientY };
    pointerCame();
  };
  agent.expectPointer = () => {
    pointer = undefined;
    // Each time: a document that is written anew loses its listeners.
    addEventListener('pointermove', onPointer, true);
  };
  /** Resolves true once the pointer was moved to that point of the view since it was expected, false after `maxMs`. */
  agent.pointerAt = (x: number, y: number, maxMs: number): Promise<boolean> =>
    new Promise((resolve) => {
      const isThere = (): boolean =>
        pointer !== undefined && Math.abs(pointer.x - x) <= 2 && Math.abs(pointer.y - y) <= 2;
      const done = (): void => {
        clearTimeout(timer);
        pointerCame = () => undefined;
        resolve(isThere());
      };
      const timer = setTimeout(done, maxMs);
      pointerCame = () => {
        if (isThere()) done();
      };
      pointerCame();
    });
  agent.boxOf = (ref: number): unknown => {
    const element = agent.live(ref);
    element.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
    const box = element.getBoundingClientRect();
    return {
      x: box.left + scrollX,
      y: box.top + scrollY,
      width: Math.max(1, box.width),
      height: Math.max(1, box.height),
    };
  };
  /** Where the content of a frame element begins. */
  agent.frameOrigin = (ref: number): unknown => {
    const owner = agent.live(ref) as HTMLIFrameElement;
    const box = owner.getBoundingClientRect();
    const style = getComputedStyle(owner);
    const scale = box.width / (owner.offsetWidth || 1);
    return {
      left: box.left + (owner.clientLeft + Number.parseFloat(style.paddingLeft)) * scale,
      top: box.top + (owner.clientTop + Number.parseFloat(style.paddingTop)) * scale,
      scale,
    };
  };
  /** Where the content of a frame element begins, and whether the frame is what is hit there. */
  agent.frameBox = (ref: number, x: number, y: number): unknown => {
    const owner = agent.live(ref) as HTMLIFrameElement;
    let box = owner.getBoundingClientRect();
    const style = getComputedStyle(owner);
    const place = (): { left: number; top: number; scale: number } => ({
      left:
        box.left +
        (owner.clientLeft + Number.parseFloat(style.paddingLeft)) *
          (box.width / (owner.offsetWidth || 1)),
      top:
        box.top +
        (owner.clientTop + Number.parseFloat(style.paddingTop)) *
          (box.height / (owner.offsetHeight || 1)),
      scale: box.width / (owner.offsetWidth || 1),
    });
    let at = place();
    const outside = (): boolean =>
      at.left + x < 0 || at.top + y < 0 || at.left + x >= innerWidth || at.top + y >= innerHeight;
    if (outside()) {
      scrollBy({
        left: Math.min(0, at.left + x - 20) || Math.max(0, at.left + x - innerWidth + 20),
        top: at.top + y - innerHeight / 2,
        behavior: 'instant',
      });
      box = owner.getBoundingClientRect();
      at = place();
    }
    const found = agent.hit(at.left + x * at.scale, at.top + y * at.scale);
    return { ...at, cover: found && found !== owner ? spell(found) : null };
  };
}
