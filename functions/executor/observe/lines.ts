/// <reference lib="dom" />
import type {
  Agent,
  Fingerprint,
  Line,
  Unit,
  Walked,
  WalkLine,
  WalkOptions,
  WalkResult,
} from './agent.ts';

/**
 * Which lines of a walk are told: the view first, then what is below, then what is above, as far as the budget goes; and what changed
 * since they were told. Runs in the isolated world; must not use anything from outside the function.
 */
export function installLines(agent: Agent): void {
  const ABOVE = 0;
  const VIEW = 1;
  const BELOW = 2;
  agent.seen = new Map();
  /** What the reader knows by now. */
  let delivered = new Map<string, Line>();
  let lastKeys = new Set<string>();

  /** The lines that fit: the view, then downwards, then upwards from the view. */
  const select = (walked: Walked, budget: number): Set<Line> => {
    const { lines } = walked;
    const chosen = new Set<Line>();
    let left = budget;
    const take = (line: Line): boolean => {
      if (left < line.text.length + 1) return false;
      left -= line.text.length + 1;
      chosen.add(line);
      return true;
    };
    const ofZone = (zone: number): Line[] => lines.filter((line) => line.zone === zone);
    for (const group of [ofZone(VIEW), ofZone(BELOW), ofZone(ABOVE).toReversed()])
      for (const line of group) if (!take(line)) break;
    for (const line of lines)
      if (!chosen.has(line)) {
        if (line.zone === ABOVE) walked.above += line.units.length;
        else walked.below += line.units.length;
      }
    return chosen;
  };

  const fingerprint = (unit: Unit, element: Element): Fingerprint => ({
    tag: element.localName,
    role: unit.role,
    name: unit.name,
    context: agent.context(element),
  });
  agent.remember = (unit: Unit): void => {
    const element = agent.element(unit.ref);
    if (element) agent.seen.set(unit.ref, fingerprint(unit, element));
  };

  const asLine = (line: Line, prefix = ''): WalkLine => ({
    text: prefix + line.text,
    ...(line.owner !== undefined && { owner: line.owner }),
  });

  const lengthOf = (list: readonly WalkLine[]): number =>
    list.reduce((sum, line) => sum + line.text.length + 1, 0);

  /** The lines that are new, changed or gone; brings `delivered` up to date. */
  const changes = (
    walked: Walked,
    chosen: ReadonlySet<Line>,
    budget: number,
  ): { lines: WalkLine[]; refs: number } => {
    const diff: WalkLine[] = [];
    let refs = 0;
    let left = budget;
    for (const line of walked.lines) {
      const before = delivered.get(line.key);
      const news =
        before === undefined && chosen.has(line) && (line.zone === VIEW || !lastKeys.has(line.key));
      if (!news && (before === undefined || before.text === line.text)) continue;
      left -= line.text.length;
      if (left < 0) break;
      diff.push(asLine(line, before ? '~ ' : '+ '));
      refs += line.units.length;
      delivered.set(line.key, line);
    }
    const now = new Set(walked.lines.map((line) => line.key));
    const gone = walked.isWhole ? [...delivered].filter(([key]) => !now.has(key)) : [];
    for (const [key] of gone) delivered.delete(key);
    const goneRefs = gone
      .flatMap(([, line]) => line.units)
      .filter((unit) => !agent.element(unit.ref)?.isConnected)
      .map((unit) => `${agent.prefix}e${unit.ref}`);
    const more = goneRefs.length > 60 ? ` and ${goneRefs.length - 60} more` : '';
    const which = goneRefs.length > 0 ? `: ${goneRefs.slice(0, 60).join(' ')}${more}` : '';
    if (gone.length > 0)
      diff.push({ text: `- ${gone.length} ${gone.length === 1 ? 'line' : 'lines'} gone${which}` });
    return { lines: diff, refs };
  };

  agent.observe = (options: WalkOptions): WalkResult => {
    const start = performance.now();
    const { budget } = options;
    agent.begin(options);
    agent.gather();
    agent.scanListeners();
    const walked = agent.walkDocument(options);
    agent.labelMap = null;
    const chosen = select(walked, budget);
    const told = walked.lines.filter((line) => chosen.has(line));
    const full = told.map((line) => asLine(line));
    let diff = options.diff && delivered.size > 0 ? changes(walked, chosen, budget) : undefined;
    if (diff && full.length > 0 && lengthOf(diff.lines) >= lengthOf(full)) diff = undefined;
    if (!diff) delivered = new Map(told.map((line) => [line.key, line]));
    for (const line of delivered.values()) for (const unit of line.units) agent.remember(unit);
    lastKeys = new Set(walked.lines.map((line) => line.key));
    agent.lastView = { x: scrollX, y: scrollY };
    agent.keepBoxes(walked.lines);
    const page = document.scrollingElement ?? agent.top();
    return {
      lines: full,
      ...(diff && { diff: diff.lines }),
      refs: told.reduce((sum, line) => sum + line.units.length, 0),
      diffRefs: diff?.refs ?? 0,
      above: walked.above,
      below: walked.below,
      cutTexts: walked.cutTexts,
      timedOut: walked.timedOut,
      suspects: options.suspect ? agent.suspect() : 0,
      view: {
        width: innerWidth,
        height: innerHeight,
        x: Math.round(scrollX),
        y: Math.round(scrollY),
        pageWidth: page.scrollWidth,
        pageHeight: page.scrollHeight,
      },
      title: document.title,
      ms: performance.now() - start,
    };
  };
}
