import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Config } from '../../shared/core/config.ts';
import { startSite, type Site } from '../site/site.ts';

interface Ports {
  readonly port: number;
  readonly payPort: number;
}

const portOf = (origin: string): number => Number(new URL(origin).port);

function remembered(file: string): Ports | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Ports;
  } catch {
    return undefined;
  }
}

/**
 * The demo site, on the ports that it had the last time where they are free: a run that was cut off finds it where it was. Its data and
 * ledger stay under the data directory.
 */
export async function startDemoSite(config: Config, seed: number): Promise<Site> {
  const dataDir = join(config.dataDir, 'site', `seed-${seed}`);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'ports.json');
  const before = remembered(file);
  const site = await startSite({ seed, dataDir, ...before }).catch(
    async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error;
      return startSite({ seed, dataDir });
    },
  );
  const now: Ports = { port: portOf(site.origin), payPort: portOf(site.payOrigin) };
  writeFileSync(file, JSON.stringify(now));
  return site;
}
