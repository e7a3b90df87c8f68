import { readConfig } from '../../../shared/core/config.ts';
import { silentLogger } from '../../../shared/core/logger.ts';
import { stopSignal } from '../../../shared/core/stop-signal.ts';
import { openPlatform } from '../../../shared/platform/open-platform.ts';
import { Executor } from '../../executor/executor.ts';
import { instantBrowsers } from './instant-browser.ts';

// An executor as a process of its own, without a browser. `remote`: as on another machine, where nobody can know that a process is gone.
const stopped = stopSignal(process);
const [origin = '', where = ''] = process.argv.slice(2);
const platform = await openPlatform(readConfig());
const executor = new Executor(
  {
    ...platform,
    ...(where === 'remote' && { isGone: () => false }),
    pool: instantBrowsers(origin, 300),
    log: silentLogger,
    holder: platform.instance,
  },
  { slots: 2 },
);
await executor.start();
process.stdout.write(`${JSON.stringify({ holder: platform.instance })}\n`);

await stopped;
await executor.stop();
await platform.close();
process.exit(0);
