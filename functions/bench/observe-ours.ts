import { setTimeout as delay } from 'node:timers/promises';

import type { Page } from 'playwright-core';

import { Action } from '../../shared/contracts/action.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { BrowserPool, BrowserSession } from '../executor/browser-session.ts';
import { openHost } from './bench-host.ts';
import type { BenchOptions } from './bench-result.ts';
import { groundTruthOf, type GroundTruth } from './ground-truth.ts';
import type { BenchPage } from './observe-pages.ts';
import {
  takingTurns,
  type Failed,
  type RawSide,
  type Seen,
  type Tokenizer,
} from './observe-sides.ts';
import type { ObserveSite } from './observe-site.ts';

const WHOLE = 4_000_000;
const CHANGE =
  "(() => { const p = document.createElement('p'); p.textContent = 'Order 7 was saved'; document.body.prepend(p); })()";

/** What a page costs us, whole and by the default budget, with Playwright's snapshot of it taken in turns. */
export interface Measured {
  readonly page: BenchPage;
  readonly units: number;
  readonly whole: Seen;
  readonly budget: {
    readonly tokens: number;
    readonly coldMs: number;
    readonly warmMs: number;
    /** Share of the units in the view that have a ref. */
    readonly view: number;
    /** Share of the units that were left out and that paged `find` gives. */
    readonly found: number;
  };
  readonly diffTokens: number;
  readonly playwright: Seen | Failed;
}

const refsIn = (text: string): Set<string> =>
  new Set(Array.from(text.matchAll(/(?<!\\)\[((?:f\d+)?e\d+) /g), (match) => match[1] ?? ''));

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

async function foundRefs(session: BrowserSession): Promise<Set<string>> {
  const refs = new Set<string>();
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const outcome = await session.act(Action.parse({ action: 'find', matches: '[^]*', page }), {
      timeoutMs: 30_000,
    });
    if (outcome.status !== 'done')
      throw new AppError('internal', `find ended ${outcome.status}: ${outcome.message}`);
    const answer = outcome.data as { pages: number; units: string[] };
    pages = answer.pages;
    for (const unit of answer.units) for (const ref of refsIn(unit)) refs.add(ref);
  }
  return refs;
}

type Look = (
  kind: 'full' | 'diff',
  budgetChars?: number,
) => Promise<{ text: string; refs: Set<string> }>;

function lookerOf(session: BrowserSession, page: BenchPage, { handicapMs }: BenchOptions): Look {
  // The bound of hostile pages is a wide one.
  const times = page.hostile ? 45 : 6;
  return async (kind, budgetChars) => {
    if (handicapMs > 0) await delay(handicapMs * times);
    const { text } = await session.observe({
      kind,
      ...(budgetChars !== undefined && { budgetChars }),
    });
    if (handicapMs === 0) return { text, refs: refsIn(text) };
    const refs = [...refsIn(text)].filter((_ref, at) => at % 3 > 0);
    return { text: text.repeat(kind === 'diff' ? 400 : 20), refs: new Set(refs) };
  };
}

export async function oursOn(
  pool: BrowserPool,
  raw: RawSide,
  site: ObserveSite,
  page: BenchPage,
  tokens: Tokenizer,
  options: BenchOptions,
): Promise<Measured> {
  const session = await pool.open(openHost);
  const tab = pageOf(session);
  const look = lookerOf(session, page, options);
  try {
    await site.signIn(tab, page);
    await session.act(Action.parse({ action: 'navigate', url: site.urlOf(page) }), {
      timeoutMs: 30_000,
    });
    await site.settled(tab, page);
    const started = performance.now();
    await look('full');
    const coldMs = performance.now() - started;
    const [warm] = await takingTurns([async () => look('full')]);
    await tab.evaluate(CHANGE);
    const diff = await look('diff');
    await tab.evaluate('document.body.firstElementChild.remove()');
    let failed: string | undefined;
    let rawText = '';
    const [whole, theirs] = await takingTurns([
      async () => look('full', WHOLE),
      async () => {
        if (failed !== undefined) return { text: '', refs: new Set<string>() };
        rawText = await raw.snapshot().catch((error: unknown) => {
          failed = AppError.from(error).message.slice(0, 120);
          return '';
        });
        return { text: rawText, refs: new Set<string>() };
      },
    ]);
    if (!warm || !whole || !theirs) throw new AppError('internal', 'nothing was measured');
    const found = options.handicapMs > 0 ? new Set<string>() : await foundRefs(session);
    const truth = await groundTruthOf(tab);
    const scores = await scoresOf(truth, warm.last.refs, whole.last.refs, found);
    await truth.close();
    if (scores.missed.length > 0 && options.handicapMs === 0)
      options.note(
        `${page.name} misses ${scores.missed.length}: ${scores.missed.slice(0, 8).join(' | ')}`,
      );
    return {
      page,
      units: truth.units.length,
      whole: { ms: whole.ms, tokens: tokens(whole.last.text), recall: scores.recall },
      budget: {
        tokens: tokens(warm.last.text),
        coldMs,
        warmMs: warm.ms,
        view: scores.view,
        found: scores.found,
      },
      diffTokens: tokens(diff.text.slice(diff.text.indexOf('---'))),
      playwright:
        failed === undefined
          ? { ms: theirs.ms, tokens: tokens(rawText), recall: await raw.score(rawText) }
          : { failed },
    };
  } finally {
    await session.close();
  }
}

async function scoresOf(
  truth: GroundTruth,
  budgetRefs: ReadonlySet<string>,
  wholeRefs: ReadonlySet<string>,
  foundRefsOf: ReadonlySet<string>,
): Promise<{ recall: number; view: number; found: number; missed: string[] }> {
  const marks = await markedRefs(truth);
  const reach = (shown: Iterable<string>): Set<number> =>
    truth.reached(Array.from(shown, (ref) => marks.get(ref) ?? ''));
  const all = reach(wholeRefs);
  const inBudget = reach(budgetRefs);
  const byFind = reach(foundRefsOf);
  const indexes = truth.units.map((_unit, index) => index);
  const inView = indexes.filter((index) => truth.units[index]?.inView === true);
  const rest = indexes.filter((index) => !inBudget.has(index));
  const without = (list: readonly number[], of: ReadonlySet<number>): number[] =>
    list.filter((index) => !of.has(index));
  const share = (list: readonly number[], of: ReadonlySet<number>): number =>
    list.length === 0 ? 1 : 1 - without(list, of).length / list.length;
  const missed = new Set([
    ...without(indexes, all),
    ...without(inView, inBudget),
    ...without(rest, byFind),
  ]);
  return {
    recall: share(indexes, all),
    view: share(inView, inBudget),
    found: share(rest, byFind),
    missed: [...missed].map((index) => truth.units[index]?.words ?? ''),
  };
}
