import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { readConfig } from '../../shared/core/config.ts';
import { AppError } from '../../shared/core/errors.ts';
import { createBrowserPool } from '../executor/browser/browser-pool.ts';
import { findChromium } from '../executor/browser/chromium-binary.ts';
import {
  atLeast,
  atMost,
  median,
  type BenchOptions,
  type BenchResult,
  type Target,
} from './bench-result.ts';
import { tokenizerIn } from './bench-site.ts';
import { fetchPackages } from './fetched-packages.ts';
import { PAGE_PACKAGES, PAGES } from './observe-pages.ts';
import { oursOn, type Measured } from './observe-ours.ts';
import { peerOn, rawSide, type Failed, type Seen } from './observe-sides.ts';
import { startObserveSite } from './observe-site.ts';
import { startPeers } from './peers/peers.ts';

const percent = (share: number): number => Math.round(share * 1000) / 10;
const round = (ms: number): number => Math.round(ms * 10) / 10;

/** All that was seen of one page: ours, Playwright's, and the peers' by name. */
interface PageResult extends Measured {
  readonly peers: Readonly<Record<string, Seen | Failed>>;
}
type Row = Record<string, string | number>;

/** Size, completeness and time of an observation, beside what others give a model of the same pages. */
export async function benchObserve(options: BenchOptions): Promise<BenchResult> {
  const config = readConfig();
  const folder = join(config.cacheDir, 'bench-pages');
  await fetchPackages(folder, PAGE_PACKAGES, options.note);
  const tokens = await tokenizerIn(folder);
  await using stack = new AsyncDisposableStack();
  const site = stack.use(await startObserveSite(folder));
  const launch = {
    cacheDir: config.cacheDir,
    ...(config.chromiumPath !== undefined && { executablePath: config.chromiumPath }),
  };
  const pool = createBrowserPool(launch);
  stack.defer(async () => pool.close());
  const binary = await findChromium(launch);
  const sandbox = process.getuid?.() !== 0;
  const browser = await chromium.launch({
    executablePath: binary.path,
    env: { ...binary.env },
    args: ['--site-per-process'],
    chromiumSandbox: sandbox,
  });
  stack.defer(async () => browser.close());
  const peers = stack.use(
    await startPeers(config.cacheDir, { ...binary, sandbox }, [0], options.note),
  );
  const pages = PAGES.filter(
    ({ name }) => options.only === undefined || name.includes(options.only),
  );
  if (pages.length === 0)
    throw new AppError('invalid_request', `no page of the bench is called "${options.only}"`);
  const results: PageResult[] = [];
  for (const page of pages) {
    const raw = await rawSide(browser, site, page);
    const measured = await oursOn(pool, raw, site, page, tokens, options);
    await raw.close();
    const others: Record<string, Seen | Failed> = {};
    for (const peer of peers.started) others[peer.name] = await peerOn(peer, site, page, tokens);
    results.push({ ...measured, peers: others });
    options.note(`${page.name}: ${measured.units} units`);
  }
  const versions = Object.fromEntries(peers.started.map(({ name, version }) => [name, version]));
  return {
    bench: 'observe',
    versions: { node: process.versions.node, chromium: binary.version, ...versions },
    rows: [
      ...results.flatMap(rowsOf),
      ...peers.missing.map(({ name, why }) => ({ page: 'not measured', side: name, why })),
    ],
    targets: targetsOf(results),
  };
}

function rowsOf({ page, units, whole, budget, diffTokens, playwright, peers }: PageResult): Row[] {
  const other = (side: string, seen: Seen | Failed): Row =>
    'failed' in seen
      ? { page: page.name, units, side, why: seen.failed }
      : {
          page: page.name,
          units,
          side,
          'recall %': percent(seen.recall),
          tokens: seen.tokens,
          ms: round(seen.ms),
        };
  return [
    {
      ...other('rodex', whole),
      'budget tokens': budget.tokens,
      'view %': percent(budget.view),
      'find %': percent(budget.found),
      'warm ms': round(budget.warmMs),
      'cold ms': round(budget.coldMs),
      'diff tokens': diffTokens,
    },
    other('playwright', playwright),
    ...Object.entries(peers).map(([name, seen]) => other(name, seen)),
  ];
}

function targetsOf(results: readonly PageResult[]): Target[] {
  const usual = results.filter(({ page }) => page.hostile !== true);
  const hostile = results.filter(({ page }) => page.hostile === true);
  const pairs = results.flatMap(({ page, whole, playwright }) =>
    'failed' in playwright ? [] : [{ page, whole, playwright }],
  );
  const sums = pairs.filter(({ page }) => page.hostile !== true);
  const sum = (list: readonly number[]): number => list.reduce((total, value) => total + value, 0);
  const worst = (pick: (row: PageResult) => number): number => Math.min(...results.map(pick));
  const lead = ({ whole, playwright, peers }: PageResult): number =>
    whole.recall -
    Math.max(
      0,
      ...[playwright, ...Object.values(peers)].map((seen) => ('failed' in seen ? 0 : seen.recall)),
    );
  const largest = usual.reduce<PageResult | undefined>(
    (best, row) => (best === undefined || row.units > best.units ? row : best),
    undefined,
  );
  return [
    atLeast(
      'whole_recall_worst_page',
      0.99,
      worst((row) => row.whole.recall),
    ),
    atLeast('whole_recall_over_every_peer_worst_page', 0, worst(lead)),
    atMost(
      'whole_tokens_to_playwright',
      1 / 3,
      sum(sums.map(({ whole }) => whole.tokens)) /
        sum(sums.map(({ playwright }) => playwright.tokens)),
    ),
    atMost(
      'whole_ms_to_playwright_worst_page',
      1,
      Math.max(...pairs.map(({ whole, playwright }) => whole.ms / playwright.ms)),
    ),
    atLeast(
      'budget_view_recall_worst_page',
      1,
      worst((row) => row.budget.view),
    ),
    atLeast(
      'budget_find_rest_worst_page',
      1,
      worst((row) => row.budget.found),
    ),
    atMost('budget_warm_ms_median', 15, median(results.map((row) => row.budget.warmMs))),
    atMost('budget_cold_ms_median', 40, median(results.map((row) => row.budget.coldMs))),
    atMost('budget_ms_largest_page', 200, largest?.budget.warmMs ?? 0),
    atMost(
      'diff_tokens_worst_page',
      1,
      Math.max(...results.map((row) => row.diffTokens / Math.max(60, 0.05 * row.budget.tokens))),
    ),
    ...(hostile.length > 0
      ? [
          atMost(
            'hostile_budget_ms_worst_page',
            2_000,
            Math.max(...hostile.map((row) => row.budget.coldMs)),
          ),
        ]
      : []),
  ];
}
