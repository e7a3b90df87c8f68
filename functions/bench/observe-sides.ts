import type { Browser, Page } from 'playwright-core';

import { AppError } from '../../shared/core/errors.ts';
import { median } from './bench-result.ts';
import { groundTruthOf } from './ground-truth.ts';
import type { BenchPage } from './observe-pages.ts';
import type { ObserveSite } from './observe-site.ts';
import { markedByPlaywright, type Peer } from './peers/peer.ts';

/** One side's view of one whole page. */
export interface Seen {
  readonly ms: number;
  readonly tokens: number;
  /** Share of the operable units that its text lets a model refer to. */
  readonly recall: number;
}
export type Failed = { readonly failed: string };

export type Tokenizer = (text: string) => number;

/** As many rounds as fit into `ms`, and where one takes very long only that one. */
const ROUNDS = { least: 3, most: 9, ms: 2_500, longMs: 10_000 };

/** Medians of works that take turns, so that what else the machine does falls on all of them. */
export async function takingTurns<Result>(
  works: readonly (() => Promise<Result>)[],
): Promise<{ ms: number; last: Result }[]> {
  const times: number[][] = works.map(() => []);
  const last: Result[] = [];
  const started = performance.now();
  for (let round = 0; round < ROUNDS.most; round += 1) {
    const spent = performance.now() - started;
    if (spent > (round >= ROUNDS.least ? ROUNDS.ms : ROUNDS.longMs)) break;
    for (const [index, work] of works.entries()) {
      const start = performance.now();
      last[index] = await work();
      times[index]?.push(performance.now() - start);
    }
  }
  return works.map((_work, index) => ({
    ms: median(times[index] ?? []),
    last: last[index] as Result,
  }));
}

/** Playwright's own snapshot for models, on a page that stays open until it was scored. */
export interface RawSide {
  snapshot(): Promise<string>;
  score(text: string): Promise<number>;
  close(): Promise<void>;
}

export async function rawSide(
  browser: Browser,
  site: ObserveSite,
  page: BenchPage,
): Promise<RawSide> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  const tab = await context.newPage();
  await site.signIn(tab, page);
  await tab.goto(site.urlOf(page), { waitUntil: 'domcontentloaded', timeout: 120_000 });
  await site.settled(tab, page);
  return {
    snapshot: async () => tab.ariaSnapshot({ mode: 'ai', timeout: 30_000 }),
    score: async (text) => scored(tab, text, markedByPlaywright),
    close: async () => context.close(),
  };
}

async function scored(tab: Page, text: string, marked: Peer['marked']): Promise<number> {
  const truth = await groundTruthOf(tab);
  try {
    const reached = truth.reached(await marked(text, truth));
    return reached.size / Math.max(1, truth.units.length);
  } finally {
    await truth.close();
  }
}

/** A peer on one page. That it cannot cope is its figure, not an error of the bench. */
export async function peerOn(
  peer: Peer,
  site: ObserveSite,
  page: BenchPage,
  tokens: Tokenizer,
): Promise<Seen | Failed> {
  try {
    await site.signIn(peer.page, page);
    await peer.page.goto(site.urlOf(page), {
      waitUntil: 'domcontentloaded',
      timeout: 120_000,
    });
    await site.settled(peer.page, page);
    const [seen] = await takingTurns([async () => peer.snapshot()]);
    const text = seen?.last ?? '';
    return {
      ms: seen?.ms ?? Number.NaN,
      tokens: tokens(text),
      recall: await scored(peer.page, text, async (shown, truth) => peer.marked(shown, truth)),
    };
  } catch (error) {
    return { failed: AppError.from(error).message.slice(0, 120) };
  }
}
