import { join } from 'node:path';

import { readConfig } from '../../shared/core/config.ts';
import { startSite } from './site.ts';

const config = readConfig();
const site = await startSite({
  seed: config.siteSeed,
  dataDir: join(config.dataDir, 'site'),
  port: config.port,
});
const { origin, payOrigin, ledgerPath, variant, credentials } = site;
// One line for the program or person that started this; the sign-in is made from the seed and worth nothing elsewhere.
process.stdout.write(
  `${JSON.stringify({ origin, payOrigin, ledgerPath, variant, credentials })}\n`,
);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void site.close().then(() => process.exit(0));
  });
}
