import { join } from 'node:path';

import { AppError } from '../../../shared/core/errors.ts';
import { fetchPackages } from '../fetched-packages.ts';
import { AGENT_BROWSER, startAgentBrowser } from './agent-browser.ts';
import type { Peer, PeerBrowser } from './peer.ts';
import { PLAYWRIGHT_MCP, startPlaywrightMcp } from './playwright-mcp.ts';

const PACKAGES = { ...PLAYWRIGHT_MCP, ...AGENT_BROWSER };

export interface Peers extends AsyncDisposable {
  readonly started: readonly Peer[];
  /** What could not be had, and why: shown in the rows. */
  readonly missing: readonly { name: string; why: string }[];
}

/** Fetches and starts the peers that are to be had. `mcpSettles`: one Playwright MCP for each, `undefined` is its default. */
export async function startPeers(
  cacheDir: string,
  browser: PeerBrowser,
  mcpSettles: readonly (number | undefined)[],
  note: (text: string) => void,
): Promise<Peers> {
  const folder = join(cacheDir, 'bench-peers');
  const missing: { name: string; why: string }[] = [];
  const started: Peer[] = [];
  const attempt = async (name: string, start: () => Promise<Peer>): Promise<void> => {
    try {
      started.push(await start());
    } catch (error) {
      const why = AppError.from(error).message;
      note(`${name}: ${why}`);
      missing.push({ name, why });
    }
  };
  const fetched = fetchPackages(folder, PACKAGES, note);
  for (const settle of mcpSettles)
    await attempt(`playwright-mcp${settle === undefined ? '' : `, settle ${settle}`}`, async () => {
      await fetched;
      return startPlaywrightMcp(folder, browser, settle);
    });
  await attempt('agent-browser', async () => {
    await fetched;
    return startAgentBrowser(folder, browser);
  });
  return {
    started,
    missing,
    [Symbol.asyncDispose]: async () => {
      for (const peer of started) await peer.close().catch(() => undefined);
    },
  };
}
