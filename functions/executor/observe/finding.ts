/// <reference lib="dom" />
import type { Agent } from './agent.ts';

/** Finding operable elements by what they are called. Runs in the isolated world; must not use anything from outside the function. */
export function installFinding(agent: Agent): void {
  const fold = (text: string): string => agent.clean(text).trim().toLowerCase();

  interface FindOptions {
    text?: string;
    role?: string;
    matches?: string;
    region?: number;
    page: number;
    masks: string[];
    prefix: string;
    skip: number;
  }
  /** What the last `find` found, until the document changes: its further pages do not search again. */
  let kept: { question: string; found: WeakRef<Element>[] } | undefined;
  const changed = new MutationObserver(() => {
    kept = undefined;
    changed.disconnect();
  });
  const keep = (question: string, found: readonly Element[]): void => {
    kept = { question, found: found.map((element) => new WeakRef(element)) };
    const what = { subtree: true, childList: true, attributes: true, characterData: true };
    changed.disconnect();
    for (const root of new Set<Node>([document, ...found.map((element) => element.getRootNode())]))
      changed.observe(root, what);
  };
  const search = (options: FindOptions): Element[] => {
    agent.gather();
    agent.scanListeners();
    const wanted = options.text === undefined ? undefined : fold(options.text);
    const region = options.region === undefined ? null : agent.live(options.region);
    const pattern = options.matches === undefined ? null : new RegExp(options.matches, 'iu');
    const textsOf = (element: Element): string =>
      `${agent.label(element)} ${element.textContent ?? ''} ${/password/.test((element as HTMLInputElement).type ?? '') ? '' : agent.value(element)}`;
    const found: Element[] = [];
    agent.all((element) => {
      const html = element as HTMLElement;
      if (html.getClientRects().length === 0 && element.localName !== 'area') return;
      const role = agent.operable(element);
      if (role === null || (options.role !== undefined && role !== options.role)) return;
      if (region && !agent.chain(element).includes(region)) return;
      if (pattern && !pattern.test(agent.clean(textsOf(element)).slice(0, 10_000).trim())) return;
      if (wanted !== undefined && !fold(textsOf(element)).includes(wanted)) {
        if (element.childElementCount === 0 && !agent.rootOf(element)) return;
        if (!fold(agent.unit(element, role).name).includes(wanted)) return;
      }
      found.push(element);
    });
    return found;
  };

  /** Every operable element of the current document, off the view too, a page of 50 at a time. */
  agent.find = (options: FindOptions): unknown => {
    agent.begin(options);
    const { text, role: kind, matches, region, masks, page, skip } = options;
    const question = JSON.stringify([text, kind, matches, region, masks]);
    if (changed.takeRecords().length > 0) kept = undefined;
    const known = page > 1 && kept?.question === question ? kept.found : undefined;
    const found = known?.flatMap((weak) => weak.deref() ?? []) ?? search(options);
    if (!known) keep(question, found);
    const first = (page - 1) * 50 - skip;
    const hits: string[] = [];
    for (const element of found.slice(Math.max(0, first), Math.max(0, first + 50))) {
      const unit = agent.unit(element, agent.operable(element) ?? 'clickable');
      agent.remember(unit);
      const context = agent.context(element);
      hits.push(unit.text + (context ? ` ${agent.escape(context)}` : ''));
    }
    agent.labelMap = null;
    return { total: found.length, hits };
  };
}
