import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { readConfig } from '../../shared/core/config.ts';
import { createBrowserPool } from '../executor/browser/browser-pool.ts';
import { findChromium } from '../executor/browser/chromium-binary.ts';
import { atLeast, atMost, median, type BenchOptions, type BenchResult } from './bench-result.ts';
import { fetchPackages, PAGES, startBenchSite, tokenizerIn } from './observe-pages.ts';
import { oursOn, peerOn, type Measured } from './observe-sides.ts';

const percent = (share: number): number => Math.round(share * 1000) / 10;
const round = (ms: number): number => Math.round(ms * 10) / 10;

/** Size, completeness and time of an observation, beside Playwright's own snapshot for models on the same pages. */
export async function benchObserve(options: BenchOptions): Promise<BenchResult> {
  const config = readConfig();
  const folder = join(config.cacheDir, 'bench-pages');
  await fetchPackages(folder, options.note);
  const tokens = await tokenizerIn(folder);
  const site = await startBenchSite(folder);
  const launch = {
    cacheDir: config.cacheDir,
    ...(config.chromiumPath !== undefined && { executablePath: config.chromiumPath }),
  };
  const pool = createBrowserPool(launch);
  const binary = await findChromium(launch);
  const browser = await chromium.launch({
    executablePath: binary.path,
    env: { ...binary.env },
    args: ['--site-per-process'],
    chromiumSandbox: process.getuid?.() !== 0,
  });
  for (const peer of ['@playwright/mcp', 'agent-browser'])
    options.note(`${peer}: skipped, the bench does not drive it yet`);
  try {
    const measured: Measured[] = [];
    for (const page of PAGES) {
      const url = `${site.origin}${page.path}`;
      const peer = await peerOn(browser, url, page, tokens);
      const ours = await oursOn(pool, url, page, tokens, options);
      measured.push({ page: page.name, ...ours, peer });
      options.note(`${page.name}: ${ours.units} units`);
    }
    const sum = (pick: (row: Measured) => number): number =>
      measured.reduce((total, row) => total + pick(row), 0);
    const largest = measured.reduce((best, row) => (row.units > best.units ? row : best));
    return {
      bench: 'observe',
      versions: { node: process.versions.node, chromium: binary.version },
      rows: measured.map(({ page, units, whole, budget, diffTokens, peer }) => ({
        page,
        units,
        'recall %': percent(whole.recall),
        'peer %': percent(peer.recall),
        tokens: whole.tokens,
        'peer tokens': peer.tokens,
        ms: round(whole.ms),
        'peer ms': round(peer.ms),
        'budget tokens': budget.tokens,
        'view %': percent(budget.view),
        'find %': percent(budget.found),
        'warm ms': round(budget.ms),
        'cold ms': round(budget.coldMs),
        'diff tokens': diffTokens,
      })),
      targets: [
        atLeast(
          'whole_recall_worst_page',
          0.99,
          Math.min(...measured.map((row) => row.whole.recall)),
        ),
        atLeast(
          'whole_recall_over_peer_worst_page',
          0,
          Math.min(...measured.map((row) => row.whole.recall - row.peer.recall)),
        ),
        atMost(
          'whole_tokens_to_playwright',
          1 / 3,
          sum((row) => row.whole.tokens) / sum((row) => row.peer.tokens),
        ),
        atMost(
          'whole_ms_to_playwright_worst_page',
          1,
          Math.max(...measured.map((row) => row.whole.ms / row.peer.ms)),
        ),
        atLeast(
          'budget_view_recall_worst_page',
          1,
          Math.min(...measured.map((row) => row.budget.view)),
        ),
        atLeast(
          'budget_find_rest_worst_page',
          1,
          Math.min(...measured.map((row) => row.budget.found)),
        ),
        atMost('budget_warm_ms_median', 15, median(measured.map((row) => row.budget.ms))),
        atMost('budget_cold_ms_median', 40, median(measured.map((row) => row.budget.coldMs))),
        atMost('budget_ms_largest_page', 200, largest.budget.ms),
        atMost(
          'diff_tokens_worst_page',
          1,
          Math.max(
            ...measured.map((row) => row.diffTokens / Math.max(60, 0.05 * row.budget.tokens)),
          ),
        ),
      ],
    };
  } finally {
    await browser.close();
    await pool.close();
    await site.close();
  }
}
