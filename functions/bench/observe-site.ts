import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Page } from 'playwright-core';

import { startSite } from '../site/site.ts';
import { startBenchSite } from './bench-site.ts';
import type { BenchPage } from './observe-pages.ts';

/** Where the pages of the bench are, and how each side gets to one that has drawn itself. */
export interface ObserveSite extends AsyncDisposable {
  urlOf(page: BenchPage): string;
  /** Makes the browser that a page is shown in a customer of the portal. */
  signIn(tab: Page, page: BenchPage): Promise<void>;
  settled(tab: Page, page: BenchPage): Promise<void>;
}

export async function startObserveSite(packages: string): Promise<ObserveSite> {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'rodex-bench-'));
  stack.defer(async () => rm(dataDir, { recursive: true, force: true }));
  const site = await startBenchSite(packages);
  stack.defer(async () => site.close());
  const portal = await startSite({ seed: 1, dataDir });
  stack.defer(async () => portal.close());
  const started = stack.move();
  return {
    urlOf: ({ portal: at, path }) => `${at === undefined ? site.origin : portal.origin}${path}`,
    signIn: async (tab, page) => {
      if (page.portal !== 'customer') return;
      await tab.goto(`${portal.origin}/sign-in`);
      const password = tab.locator('input[type=password]');
      if ((await password.count()) === 0) return;
      await tab.locator('input[autocomplete=username]').fill(portal.credentials.username);
      await password.fill(portal.credentials.password);
      await password.press('Enter');
      await password.waitFor({ state: 'detached' });
    },
    settled: async (tab, { ready = 'true' }) => {
      await tab.waitForFunction(`Boolean(${ready})`, undefined, { timeout: 30_000 });
      await tab.waitForLoadState('networkidle', { timeout: 5_000 }).catch(() => undefined);
      await delay(300);
    },
    [Symbol.asyncDispose]: async () => started.disposeAsync(),
  };
}
