import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { chromium, type Browser } from 'playwright-core';

import { readConfig } from '../../shared/core/config.ts';
import { findChromium } from '../executor/browser/chromium-binary.ts';
import { startEgressProxy } from '../executor/egress/egress-proxy.ts';
import { atMost, median, type BenchOptions, type BenchResult } from './bench-result.ts';
import { openHost } from './bench-host.ts';

const RESOURCES = 200;
const BYTES = 8 * 1024;
/** A page of 200 sub-resources may cost this much more than without a proxy. */
const MOST = 2;

interface PageSite {
  readonly origin: string;
  close(): Promise<void>;
}

async function startSite(delayMs: () => number): Promise<PageSite> {
  const body = 'x'.repeat(BYTES);
  const images = Array.from(
    { length: RESOURCES },
    (_, index) => `fetch('/r${index}').then((r) => r.text())`,
  );
  const page = `<!doctype html><title>Many</title><script>window.done = Promise.all([${images.join(',')}])</script>`;
  const server = createServer((request, response) => {
    const html = request.url === '/';
    response.setHeader('content-type', html ? 'text/html' : 'text/plain');
    response.setHeader('cache-control', 'no-store');
    setTimeout(() => response.end(html ? page : body), delayMs());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Proxy = { server: string; username: string; password: string };

/** From the navigation to the last sub-resource, and the median of small requests one after another. */
async function load(
  browser: Browser,
  origin: string,
  proxy?: Proxy,
): Promise<{ pageMs: number; oneMs: number }> {
  const context = await browser.newContext(proxy ? { proxy } : {});
  const page = await context.newPage();
  // The first connection, and the proxy's question for credentials, are not what is measured.
  await page.goto(`${origin}/r0`);
  const started = performance.now();
  await page.goto(origin);
  await page.evaluate('window.done');
  const pageMs = performance.now() - started;
  const oneMs = await page.evaluate<number>(`(async () => {
    const times = [];
    for (let i = 0; i < 50; i += 1) { const t = performance.now(); await (await fetch('/r' + i)).text(); times.push(performance.now() - t); }
    return times.sort((a, b) => a - b)[25];
  })()`);
  await context.close();
  return { pageMs, oneMs };
}

/** The price of the egress proxy: a page with 200 sub-resources of 8 KiB through it, beside the same page without a proxy. */
export async function benchProxy(options: BenchOptions): Promise<BenchResult> {
  const { cacheDir, chromiumPath } = readConfig();
  await using stack = new AsyncDisposableStack();
  const binary = await findChromium({
    cacheDir,
    ...(chromiumPath !== undefined && { executablePath: chromiumPath }),
  });
  const browser = await chromium.launch({
    executablePath: binary.path,
    env: { ...binary.env },
    chromiumSandbox: process.getuid?.() !== 0,
  });
  stack.defer(async () => browser.close());
  let slow = 0;
  const site = await startSite(() => slow);
  stack.defer(async () => site.close());
  const egress = await startEgressProxy();
  stack.defer(async () => egress.close());
  const { server, username, password } = egress.admit(openHost);
  const direct: { pageMs: number; oneMs: number }[] = [];
  const proxied: { pageMs: number; oneMs: number }[] = [];
  for (let round = -1; round < options.repeat; round += 1) {
    const without = await load(browser, site.origin);
    slow = options.handicapMs;
    const through = await load(browser, site.origin, { server, username, password });
    slow = 0;
    options.note(
      `${round < 0 ? 'warm-up' : `round ${round + 1}`}: without ${without.pageMs.toFixed(0)} ms, through the proxy ${through.pageMs.toFixed(0)} ms`,
    );
    if (round < 0) continue;
    direct.push(without);
    proxied.push(through);
  }
  const row = (
    what: string,
    loads: readonly { pageMs: number; oneMs: number }[],
  ): Record<string, string | number> => {
    const pageMs = median(loads.map((one) => one.pageMs));
    return {
      what,
      'page ms': Math.round(pageMs),
      'requests/s': Math.round((RESOURCES * 1_000) / pageMs),
      'one request ms': Math.round(median(loads.map((one) => one.oneMs)) * 100) / 100,
    };
  };
  const ratio = median(proxied.map((one) => one.pageMs)) / median(direct.map((one) => one.pageMs));
  const added = median(proxied.map((one) => one.oneMs)) - median(direct.map((one) => one.oneMs));
  return {
    bench: 'proxy',
    versions: { node: process.versions.node, chromium: browser.version() },
    rows: [row('without a proxy', direct), row('through the egress proxy', proxied)],
    targets: [
      atMost('proxy_page_ratio', MOST, ratio),
      atMost('proxy_added_ms_per_request', 5, added),
    ],
  };
}
