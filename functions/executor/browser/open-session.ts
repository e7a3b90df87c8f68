import { randomBytes } from 'node:crypto';

import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

import { keyedDigestOf } from '../../../shared/core/digest.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { BrowserSession, BrowserState, OpenOptions, SessionHost } from '../browser-session.ts';
import { closedRootsScript, withoutSharedWorkers } from '../observe/document-start.ts';
import type { Upstream } from '../egress/egress.ts';
import { ContextTrace } from './context-trace.ts';
import type { Running } from './launch.ts';
import { ContextSession } from './session.ts';
import { StorageKeeper } from './storage-state.ts';
import { TabList } from './tab-list.ts';

/** A context of its own in a running browser, with its first tab. `onClose`: the context is gone, however that came. */
export async function openSession(
  running: Running,
  host: SessionHost,
  contextOptions: BrowserContextOptions,
  options: OpenOptions,
  onClose: () => void,
): Promise<BrowserSession> {
  const { browser } = running;
  const trace = await ContextTrace.prepare(options.trace);
  const pass = running.egress.admit(host, upstreamOf(options));
  let context: BrowserContext;
  try {
    context = await browser.newContext({
      ...contextOptions,
      ...trace?.contextOptions,
      // No bypass: it would undo Playwright's cure for loopback. No log-in: Playwright's own way turns the cache off, the guard gives it.
      proxy: { server: pass.server },
    });
  } catch (error) {
    pass.close();
    await trace?.discard();
    throw error;
  }
  context.on('close', () => {
    pass.close();
    onClose();
  });
  const lost = new AbortController();
  let isEnding = false;
  const lose = (code: 'browser_lost' | 'page_crashed', message: string): void => {
    if (!isEnding) lost.abort(new AppError(code, message, { retryable: true }));
  };
  context.on('close', () =>
    lose(
      'browser_lost',
      browser.isConnected() ? 'the browser context was closed' : 'the browser went away',
    ),
  );
  const storage = new StorageKeeper(context);
  if (options.state) storage.restored();
  const key = `k${randomBytes(12).toString('hex')}`;
  const onCrash = (): void =>
    lose('page_crashed', 'the page crashed; the run goes on in a new page');
  const { downloadLimit } = running;
  const digest = digestBy(host);
  const tabs = new TabList({ context, host, pass, key, digest, onCrash, downloadLimit });
  try {
    await trace?.start(context);
    await context.addInitScript(closedRootsScript(key));
    await context.addInitScript(withoutSharedWorkers);
    const tab = await tabs.open();
    await restore(tab.page, host, options.state);
  } catch (error) {
    await context.close().catch(() => undefined);
    await trace?.discard();
    throw error;
  }
  const { version, sandboxed } = running;
  const ending = (): void => {
    isEnding = true;
  };
  return new ContextSession({
    version,
    sandboxed,
    context,
    host,
    tabs,
    storage,
    lost,
    ending,
    ...(trace && { trace }),
  });
}

/** The run's own proxy, which the egress proxy goes on through. */
function upstreamOf({ browser, proxyLogin }: OpenOptions): Upstream | undefined {
  const server = browser?.proxy?.server;
  return server === undefined ? undefined : { server, ...(proxyLogin && { login: proxyLogin }) };
}

async function restore(
  page: Page,
  host: SessionHost,
  state: BrowserState | undefined,
): Promise<void> {
  if (state?.url === undefined) return;
  try {
    host.assertMayShow(state.url);
    await page.goto(state.url, { waitUntil: 'domcontentloaded', timeout: 30_000 });
  } catch {
    // The run sees the empty page and decides.
  }
}

/** Values leave the browser as digests. A host without a run salts them for this session alone. */
function digestBy(host: SessionHost): (value: string) => string {
  const salt = randomBytes(32);
  return (value) => host.valueDigest?.(value) ?? keyedDigestOf(salt, value);
}
