import { readFile } from 'node:fs/promises';

import { chromium, type Browser } from 'playwright-core';

import { Action } from '../../shared/contracts/action.ts';
import { readConfig } from '../../shared/core/config.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { BrowserPool } from '../executor/browser-session.ts';
import { createBrowserPool } from '../executor/browser/browser-pool.ts';
import { findChromium } from '../executor/browser/chromium-binary.ts';
import { atLeast, median, type BenchOptions, type BenchResult } from './bench-result.ts';
import { openHost } from './bench-host.ts';
import { startFormSite, type FormSite } from './form-site.ts';

/** Tasks of each width in one round, for each side. */
const TASKS = 16;
const WIDTHS = [1, 2, 4, 8];

/** A task of five steps in a context of its own: open, type, choose, tick, send. */
async function byPlaywright(browser: Browser, site: FormSite): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  const page = await context.newPage();
  await page.goto(site.origin);
  await page.getByLabel('First name').fill('Ada');
  await page.getByLabel('Country').selectOption('Chile');
  await page.getByLabel('I accept the terms').check();
  await page.getByRole('button', { name: 'Register' }).click();
  await page.getByText('Registered as number').waitFor();
  await context.close();
}

/** The same through the hands, with an observation before and after. */
async function byHands(pool: BrowserPool, site: FormSite): Promise<void> {
  const session = await pool.open(openHost);
  const act = async (action: unknown): Promise<void> => {
    const { status, message } = await session.act(Action.parse(action));
    if (status !== 'done') throw new AppError('internal', `a step ended ${status}: ${message}`);
  };
  await act({ action: 'navigate', url: site.origin });
  const { text } = await session.observe();
  const refOf = (words: string): string => {
    const found = new RegExp(`\\[(e\\d+) ${words}`).exec(text)?.[1];
    if (found === undefined) throw new AppError('internal', `the page shows no ${words}`);
    return found;
  };
  await act({ action: 'type', target: refOf('textbox First name'), text: 'Ada' });
  await act({ action: 'select', target: refOf('select Country'), values: ['Chile'] });
  await act({ action: 'check', target: refOf('checkbox I accept') });
  await act({ action: 'click', target: refOf('button Register') });
  await act({ action: 'wait', text: 'Registered as number' });
  await session.observe({ kind: 'diff' });
  await session.close();
}

/** Tasks a minute with `width` of them at once. */
async function rateOf(width: number, task: () => Promise<void>): Promise<number> {
  let left = TASKS;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (left > 0) {
        left -= 1;
        await task();
      }
    }),
  );
  return (TASKS * 60_000) / (performance.now() - started);
}

/** Proportional memory of this process's browsers, in MB: what a context adds. */
async function memoryOfContext(pool: BrowserPool, site: FormSite): Promise<number> {
  const before = await browserMemory();
  const sessions = [];
  for (let count = 0; count < 4; count += 1) {
    const session = await pool.open(openHost);
    await session.act(Action.parse({ action: 'navigate', url: site.origin }));
    await session.observe();
    sessions.push(session);
  }
  const after = await browserMemory();
  for (const session of sessions) await session.close();
  return (after - before) / sessions.length;
}

async function childrenOf(pid: string): Promise<string[]> {
  const tasks = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = tasks.split(' ').filter(Boolean);
  return [...children, ...(await Promise.all(children.map(childrenOf))).flat()];
}

async function browserMemory(): Promise<number> {
  const self = (await readFile('/proc/self/stat', 'utf8')).split(' ')[0] ?? '';
  let kilobytes = 0;
  for (const pid of await childrenOf(self)) {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
    kilobytes += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  }
  return kilobytes / 1024;
}

/** Tasks a minute through the hands as a share of raw playwright-core's, side by side in one run. */
export async function benchThroughput(options: BenchOptions): Promise<BenchResult> {
  const config = readConfig();
  const launch = {
    cacheDir: config.cacheDir,
    ...(config.chromiumPath !== undefined && { executablePath: config.chromiumPath }),
  };
  const site = await startFormSite();
  const pool = createBrowserPool(launch);
  const binary = await findChromium(launch);
  const browser = await chromium.launch({
    executablePath: binary.path,
    env: { ...binary.env },
    args: ['--site-per-process'],
    chromiumSandbox: process.getuid?.() !== 0,
  });
  const ours = async (): Promise<void> => {
    await byHands(pool, site);
    if (options.handicapMs > 0) await new Promise((resolve) => setTimeout(resolve, 2_000));
  };
  try {
    await byPlaywright(browser, site);
    await byHands(pool, site);
    const rows: Record<string, string | number>[] = [];
    const shares: number[] = [];
    for (const width of WIDTHS) {
      const pairs: [raw: number, hands: number][] = [];
      for (let round = 0; round < Math.min(3, options.repeat); round += 1)
        pairs.push([
          await rateOf(width, async () => byPlaywright(browser, site)),
          await rateOf(width, ours),
        ]);
      const raw = median(pairs.map(([rate]) => rate));
      const hands = median(pairs.map(([, rate]) => rate));
      const share = median(pairs.map(([before, after]) => after / before));
      options.note(`${width} at once: ${raw.toFixed(0)} and ${hands.toFixed(0)} tasks a minute`);
      shares.push(share);
      rows.push({
        'at once': width,
        'playwright-core a minute': Math.round(raw),
        'rodex a minute': Math.round(hands),
        share: Math.round(share * 100) / 100,
      });
    }
    const memory = await memoryOfContext(pool, site);
    rows.push({ 'at once': 'memory of a run, MB', 'rodex a minute': Math.round(memory) });
    return {
      bench: 'throughput',
      versions: { node: process.versions.node, chromium: binary.version },
      rows,
      targets: [atLeast('throughput_share_worst_width', 0.85, Math.min(...shares))],
    };
  } finally {
    await browser.close();
    await pool.close();
    await site.close();
  }
}
