import { setTimeout as delay } from 'node:timers/promises';

import type { Browser, Page } from 'playwright-core';

import { Action } from '../../shared/contracts/action.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { BrowserPool, BrowserSession, SessionHost } from '../executor/browser-session.ts';
import { median, type BenchOptions } from './bench-result.ts';
import { groundTruthOf, type GroundTruth } from './ground-truth.ts';
import type { BenchPage } from './observe-pages.ts';

const WHOLE = 4_000_000;
const CHANGE =
  "(() => { const p = document.createElement('p'); p.textContent = 'Order 7 was saved'; document.body.prepend(p); })()";

export const openHost: SessionHost = {
  maskedValues: new Set(),
  assertMayShow: () => undefined,
  mayFetch: () => true,
  resolveText: async (text) => ({ text, secret: false }),
  saveArtifact: async () => {
    throw new AppError('internal', 'the pages of the bench give no files');
  },
};

interface Seen {
  readonly ms: number;
  readonly tokens: number;
  readonly recall: number;
}
export interface Measured {
  readonly page: string;
  readonly units: number;
  readonly whole: Seen;
  readonly budget: Seen & { coldMs: number; view: number; found: number };
  readonly diffTokens: number;
  readonly peer: Seen;
}

const refsIn = (text: string): Set<string> =>
  new Set(Array.from(text.matchAll(/(?<!\\)\[((?:f\d+)?e\d+) /g), (match) => match[1] ?? ''));

async function timed<Result>(
  repeat: number,
  work: () => Promise<Result>,
): Promise<{ ms: number; last: Result }> {
  const times: number[] = [];
  for (;;) {
    const start = performance.now();
    const last = await work();
    times.push(performance.now() - start);
    if (times.length >= repeat) return { ms: median(times), last };
  }
}

async function ready(page: Page, { ready: expression }: BenchPage): Promise<void> {
  await page.waitForFunction(`Boolean(${expression})`, undefined, { timeout: 30_000 });
  await page.waitForLoadState('networkidle', { timeout: 5_000 }).catch(() => undefined);
  await delay(300);
}

const pageOf = (session: BrowserSession): Page =>
  (session as BrowserSession & { readonly currentPage: Page }).currentPage;

/** Marks of the elements that our refs stand for. */
async function markedRefs(truth: GroundTruth): Promise<Map<string, string>> {
  const lists = await truth.inWorlds<[string, string][]>(
    /^rodex$/,
    `(() => { const a = globalThis.__rodex; if (!a) return null; const out = [];
      for (let n = 1; n < a.next; n += 1) { const e = a.element(n); const id = e?.isConnected && e.getAttribute('data-nid'); if (id) out.push([a.prefix + 'e' + n, id]); }
      return out; })()`,
  );
  return new Map(lists.flat());
}

export async function peerOn(
  browser: Browser,
  url: string,
  page: BenchPage,
  tokens: (text: string) => number,
): Promise<Seen> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  try {
    const tab = await context.newPage();
    await tab.goto(url);
    await ready(tab, page);
    const { ms, last } = await timed(3, async () =>
      tab.ariaSnapshot({ mode: 'ai', timeout: 120_000 }),
    );
    const truth = await groundTruthOf(tab);
    const lists = await truth.inWorlds<[string, string][]>(
      /playwright_utility/,
      `(() => { const out = []; const walk = (root) => { for (const e of root.querySelectorAll('*')) { if (e._ariaRef) out.push([e._ariaRef.ref, e.getAttribute('data-nid')]); if (e.shadowRoot) walk(e.shadowRoot); } }; walk(document); return out; })()`,
    );
    const shown = lists.flat().filter(([ref]) => last.includes(`[ref=${ref}]`));
    const reached = truth.reached(shown.map(([, id]) => id));
    await truth.close();
    return { ms, tokens: tokens(last), recall: reached.size / Math.max(1, truth.units.length) };
  } finally {
    await context.close();
  }
}

async function foundRefs(session: BrowserSession): Promise<Set<string>> {
  const refs = new Set<string>();
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const { data } = await session.act(Action.parse({ action: 'find', matches: '[^]*', page }));
    const answer = data as { pages: number; units: string[] };
    pages = answer.pages;
    for (const unit of answer.units) for (const ref of refsIn(unit)) refs.add(ref);
  }
  return refs;
}

export async function oursOn(
  pool: BrowserPool,
  url: string,
  page: BenchPage,
  tokens: (text: string) => number,
  options: BenchOptions,
): Promise<Omit<Measured, 'page' | 'peer'>> {
  const session = await pool.open(openHost);
  const handicap = options.handicapMs > 0;
  const see = async (
    kind: 'full' | 'diff',
    budgetChars?: number,
  ): Promise<{ text: string; refs: Set<string> }> => {
    if (handicap) await delay(options.handicapMs * 6);
    const { text } = await session.observe({
      kind,
      ...(budgetChars !== undefined && { budgetChars }),
    });
    if (!handicap) return { text, refs: refsIn(text) };
    const refs = [...refsIn(text)].filter((_ref, at) => at % 3 > 0);
    return { text: text.repeat(kind === 'diff' ? 400 : 20), refs: new Set(refs) };
  };
  try {
    await session.act(Action.parse({ action: 'navigate', url }));
    await ready(pageOf(session), page);
    const cold = await timed(1, async () => see('full'));
    const warm = await timed(5, async () => see('full'));
    const refs = { budget: warm.last.refs };
    await pageOf(session).evaluate(CHANGE);
    const diff = await see('diff');
    await pageOf(session).evaluate('document.body.firstElementChild.remove()');
    const whole = await timed(3, async () => see('full', WHOLE));
    const found = handicap ? new Set<string>() : await foundRefs(session);
    const truth = await groundTruthOf(pageOf(session));
    const marks = await markedRefs(truth);
    const reach = (shown: Iterable<string>): Set<number> =>
      truth.reached(Array.from(shown, (ref) => marks.get(ref) ?? ''));
    const all = reach(whole.last.refs);
    const inBudget = reach(refs.budget);
    const byFind = reach(found);
    const indexes = truth.units.map((_unit, index) => index);
    const inView = indexes.filter((index) => truth.units[index]?.inView === true);
    const rest = indexes.filter((index) => !inBudget.has(index));
    const share = (list: readonly number[], of: ReadonlySet<number>): number =>
      list.length === 0 ? 1 : list.filter((index) => of.has(index)).length / list.length;
    const missed = [
      ...indexes.filter((index) => !all.has(index)),
      ...inView.filter((index) => !inBudget.has(index)),
      ...rest.filter((index) => !byFind.has(index)),
    ];
    if (missed.length > 0 && !handicap)
      options.note(
        `${page.name} misses ${missed.length}: ${[...new Set(missed)]
          .slice(0, 8)
          .map((index) => truth.units[index]?.words)
          .join(' | ')}`,
      );
    await truth.close();
    return {
      units: truth.units.length,
      whole: {
        ms: whole.ms,
        tokens: tokens(whole.last.text),
        recall: all.size / Math.max(1, truth.units.length),
      },
      budget: {
        ms: warm.ms,
        coldMs: cold.ms,
        tokens: tokens(warm.last.text),
        recall: inBudget.size / Math.max(1, truth.units.length),
        view: share(inView, inBudget),
        found: share(rest, byFind),
      },
      diffTokens: tokens(diff.text.slice(diff.text.indexOf('---'))),
    };
  } finally {
    await session.close();
  }
}
