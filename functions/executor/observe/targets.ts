/// <reference lib="dom" />
import type { Agent, Fingerprint, TargetCheck } from './agent.ts';

/** What a ref or a point means now. Runs in the isolated world; must not use anything from outside the function. */
export function installTargets(agent: Agent): void {
  const VAGUE = /^(clickable|focusable|draggable|hoverable|scroller)$/;

  agent.live = (ref) => {
    const element = agent.element(ref);
    if (!element?.isConnected) throw new Error('rodex:gone');
    return element;
  };
  /** The element and what is around it, across shadow roots, up to but without the body. */
  agent.chain = (element) => {
    const chain: Element[] = [];
    for (
      let up: Element | null = element;
      up && up !== document.body && up !== document.documentElement;
      up = agent.parent(up)
    )
      chain.push(up);
    return chain;
  };

  const describe = (element: Element): Fingerprint => {
    const role = agent.operable(element) ?? agent.roleOf(element) ?? 'clickable';
    return {
      tag: element.localName,
      role,
      name: agent.unit(element, role).name,
      context: agent.context(element),
    };
  };
  const same = (before: Fingerprint, now: Fingerprint): boolean =>
    before.context === now.context &&
    (before.name === now.name || VAGUE.test(before.role)) &&
    (before.role === now.role || (VAGUE.test(before.role) && VAGUE.test(now.role)));

  agent.check = (ref): TargetCheck => {
    const before = agent.seen.get(ref);
    const element = agent.element(ref);
    if (!before)
      return element?.isConnected ? { state: 'ok', healed: false } : { state: 'unknown' };
    agent.gather();
    if (element?.isConnected) {
      const now = describe(element);
      if (same(before, now)) return { state: 'ok', healed: false };
      const was = `${before.role} "${before.name}"${before.context ? ` of "${before.context}"` : ''}`;
      return {
        state: 'stale',
        reason: `it was ${was} and is now ${now.role} "${now.name}"${now.context ? ` of "${now.context}"` : ''}`,
      };
    }
    const twins: Element[] = [];
    agent.all((each) => {
      if (
        each.localName === before.tag &&
        agent.operable(each) !== null &&
        each.getClientRects().length > 0 &&
        same(before, describe(each))
      )
        twins.push(each);
      return twins.length < 2;
    });
    const [twin] = twins;
    if (twins.length === 1 && twin && before.name) {
      const facts = agent.facts(agent.ref(twin), 'point');
      if (facts.submits || facts.listeners)
        return {
          state: 'stale',
          reason:
            'it was replaced by one that looks the same, which is not taken for granted where it may commit something',
        };
      agent.rebind(ref, twin);
      return { state: 'ok', healed: true };
    }
    return {
      state: 'stale',
      reason: twins.length > 1 ? 'it is gone, and several elements look like it' : 'it is gone',
    };
  };

  agent.printOf = (ref: number): Fingerprint => agent.seen.get(ref) ?? describe(agent.live(ref));
  /** The one element with this role and name, as after a change of document. */
  agent.findLike = (print: Fingerprint): number | null => {
    const twins: Element[] = [];
    agent.gather();
    agent.all((each) => {
      if (each.localName !== print.tag || each.getClientRects().length === 0) return;
      const now = describe(each);
      if (now.role === print.role && now.name === print.name) twins.push(each);
      return twins.length < 3;
    });
    return twins[0] ? agent.ref(twins[0]) : null;
  };

  agent.hit = (x, y) => {
    let found = document.elementFromPoint(x, y);
    for (let root = found && agent.rootOf(found); found && root; root = agent.rootOf(found)) {
      const within = root.elementFromPoint(x, y);
      if (!within || within === found) break;
      found = within;
    }
    return found && agent.isPassedOver(found) ? agent.parent(found) : found;
  };
  agent.bodyRef = (): number => agent.ref(document.body ?? agent.top());
  /** The view is where it was when it was last observed. */
  agent.sameScroll = (): boolean => {
    const seen = agent.lastView as { x: number; y: number; pageHeight: number } | undefined;
    return (
      seen === undefined || (Math.abs(seen.x - scrollX) <= 2 && Math.abs(seen.y - scrollY) <= 2)
    );
  };
  let boxes = new Map<Element, DOMRect>();
  agent.keepBoxes = (lines) => {
    boxes = new Map();
    for (const line of lines)
      if (line.zone === 1)
        for (const unit of line.units) {
          const element = agent.element(unit.ref);
          if (element) boxes.set(element, element.getBoundingClientRect());
        }
  };
  /** What was observed at a point and stands elsewhere now, or is gone. */
  agent.movedAt = (x: number, y: number): string | null => {
    const hit = agent.hit(x, y);
    const chain = hit ? agent.chain(hit) : [];
    for (const [element, box] of boxes) {
      if (x < box.left || x > box.right || y < box.top || y > box.bottom) continue;
      if (!element.isConnected) return 'what was observed there is gone';
      if (!chain.includes(element)) continue;
      const now = element.getBoundingClientRect();
      const off = Math.max(
        Math.abs(now.left - box.left),
        Math.abs(now.top - box.top),
        Math.abs(now.width - box.width),
        Math.abs(now.height - box.height),
      );
      if (off > 2) return 'what is there has another place or size than it had';
    }
    // A unit that stood elsewhere is there now.
    for (const element of chain) {
      const box = boxes.get(element);
      if (box && (x < box.left || x > box.right || y < box.top || y > box.bottom))
        return 'something else moved there';
    }
    return null;
  };
  /** Where the units that were last observed are now, as far as the view shows them. */
  agent.marks = (): unknown =>
    [...boxes.keys()].flatMap((element) => {
      if (!element.isConnected) return [];
      const { left, top, width, height } = element.getBoundingClientRect();
      const isShown =
        width > 0 &&
        height > 0 &&
        left < innerWidth &&
        top < innerHeight &&
        left + width > 0 &&
        top + height > 0;
      return isShown
        ? [{ ref: `${agent.prefix}e${agent.ref(element)}`, left, top, width, height }]
        : [];
    });
  agent.refAt = (x: number, y: number): number | null => {
    agent.gather();
    agent.expectPointer();
    const found = agent.hit(x, y);
    return found ? agent.ref(found) : null;
  };
}
