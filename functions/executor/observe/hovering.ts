/// <reference lib="dom" />
import type { Agent } from './agent.ts';

/**
 * Elements that only a style sheet makes something of: while the pointer is over them, something else is shown. Runs in the isolated
 * world; must not use anything from outside the function.
 */
export function installHovering(agent: Agent): void {
  const OPERABLE = 'a[*|href],button,input,select,textarea,summary,[role],[tabindex]';
  const MAX_RULES_MS = 8;
  const MAX_HIDDEN = 200;
  interface Reveal {
    /** What the pointer has to be over. */
    readonly trigger: string;
    /** What is shown then. */
    readonly hidden: string;
  }
  let known: { print: string; reveals: Reveal[] } = { print: '', reveals: [] };

  agent.hovers = new Set();
  const sheets = (): CSSRuleList[] =>
    [...document.styleSheets].flatMap((sheet) => {
      try {
        return [sheet.cssRules];
      } catch {
        // Another origin's style sheet is not readable.
        return [];
      }
    });
  const revealOf = (selector: string): Reveal[] =>
    selector.split(',').flatMap((one) => {
      const parts = /^(.*?):hover([^\s>+~]*)([\s>].*)$/.exec(one.trim());
      const [, before = '', after = '', rest = ''] = parts ?? [];
      if (!parts || before === '' || rest.includes(':')) return [];
      return [{ trigger: before + after, hidden: before + after + rest }];
    });
  const collect = (rules: CSSRuleList, found: Reveal[], until: number): void => {
    for (const rule of rules) {
      if (performance.now() > until) return;
      if (rule instanceof CSSStyleRule) {
        const { display, visibility, opacity } = rule.style;
        const shows =
          (display !== '' && display !== 'none') || visibility === 'visible' || Number(opacity) > 0;
        if (shows && rule.selectorText.includes(':hover'))
          found.push(...revealOf(rule.selectorText));
      }
      const inner = (rule as CSSGroupingRule).cssRules;
      if (inner?.length > 0) collect(inner, found, until);
    }
  };

  /** The elements over which a pointer would show something, where nothing else in them can be pointed at instead. */
  agent.findHovers = (): Set<Element> => {
    const lists = sheets();
    const print = lists.map((list) => list.length).join();
    if (print !== known.print) {
      const reveals: Reveal[] = [];
      const until = performance.now() + MAX_RULES_MS;
      for (const list of lists) collect(list, reveals, until);
      known = { print, reveals };
    }
    const hovers = new Set<Element>();
    for (const { trigger, hidden } of known.reveals) {
      try {
        for (const shown of [...document.querySelectorAll(hidden)].slice(0, MAX_HIDDEN)) {
          const over = agent.parent(shown)?.closest(trigger);
          if (!over || over.matches(OPERABLE)) continue;
          const others = [...over.querySelectorAll(OPERABLE)];
          if (others.every((each) => shown.contains(each) || each.getClientRects().length === 0))
            hovers.add(over);
        }
      } catch {
        // A selector that this browser does not know.
      }
    }
    return hovers;
  };
}
