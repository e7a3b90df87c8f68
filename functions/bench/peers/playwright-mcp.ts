import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { AppError } from '../../../shared/core/errors.ts';
import { McpClient } from './mcp-client.ts';
import { markedByPlaywright, type Peer, type PeerBrowser } from './peer.ts';

export const PLAYWRIGHT_MCP = { '@playwright/mcp': '0.0.83' };

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Playwright's MCP server over stdio, with our Chromium. `settleMs` is how long it waits after each action; without one, its default.
 * The bench looks at the same browser through a debugging port.
 */
export async function startPlaywrightMcp(
  packages: string,
  browser: PeerBrowser,
  settleMs?: number,
): Promise<Peer> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'rodex-mcp-'));
  stack.defer(async () => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const config = join(folder, 'config.json');
  await writeFile(
    config,
    JSON.stringify({
      browser: {
        browserName: 'chromium',
        isolated: true,
        launchOptions: {
          executablePath: browser.path,
          headless: true,
          chromiumSandbox: browser.sandbox,
          env: browser.env,
          args: ['--site-per-process', `--remote-debugging-port=${port}`],
        },
        contextOptions: { viewport: { width: 1280, height: 720 } },
      },
      outputDir: join(folder, 'out'),
    }),
  );
  const program = join(packages, 'node_modules/@playwright/mcp/cli.js');
  const settle = settleMs === undefined ? [] : ['--timeout-settle', String(settleMs)];
  const client = await McpClient.start(
    process.execPath,
    [program, '--config', config, ...settle],
    folder,
  );
  stack.defer(async () => client.close());
  await client.call('browser_navigate', { url: 'about:blank' });
  const seen = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
  stack.defer(async () => seen.close());
  const page = seen.contexts().flatMap((context) => context.pages())[0];
  if (!page) throw new AppError('internal', 'the page of @playwright/mcp was not found');
  const started = stack.move();
  return {
    name: `playwright-mcp${settleMs === undefined ? '' : `, settle ${settleMs}`}`,
    version: PLAYWRIGHT_MCP['@playwright/mcp'],
    page,
    snapshot: async () => client.call('browser_snapshot', {}),
    marked: markedByPlaywright,
    navigate: async (url) => void (await client.call('browser_navigate', { url })),
    type: async (target, text) => void (await client.call('browser_type', { target, text })),
    select: async (target, value) =>
      void (await client.call('browser_select_option', { target, values: [value] })),
    check: async (target) => void (await client.call('browser_click', { target })),
    click: async (target) => void (await client.call('browser_click', { target })),
    waitForText: async (text) => void (await client.call('browser_wait_for', { text })),
    close: async () => started.disposeAsync(),
  };
}
