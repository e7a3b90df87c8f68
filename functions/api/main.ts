import { STATE_PREFIX } from '../../shared/contracts/paths.ts';
import { readConfig } from '../../shared/core/config.ts';
import { createLogger } from '../../shared/core/logger.ts';
import { packageVersion } from '../../shared/core/package-version.ts';
import { serveFunction } from '../../shared/hosting/serve-function.ts';
import { webhookRule } from '../../shared/policy/webhook-target.ts';
import { openPlatform } from '../../shared/platform/open-platform.ts';
import { createApi } from './api.ts';
import { LiveFeed } from './live-feed.ts';
import { openIdentity } from './open-identity.ts';

serveFunction('api', {
  process,
  build: async ({ config, draining, fail }) => {
    const log = createLogger(config.logLevel, (line) => process.stderr.write(line), {
      project: config.telemetry.project,
    });
    const platform = await openPlatform(config, {
      component: 'api',
      onMissing: fail,
      onTrouble: (message) => log.warn(message),
    });
    const app = createApi({
      ...platform,
      ...(await openIdentity(config, platform)),
      webhookRule: webhookRule(
        config.privateHosts,
        // Beside emulators, endpoints of this machine are what is tried.
        platform.name === 'embedded' || config.gcp?.emulators !== undefined,
      ),
      // Thoughts are told within one process; the planner is another.
      feed: new LiveFeed(),
      log,
      version: packageVersion(),
      hostNames: ['127.0.0.1', 'localhost', '::1', ...config.api.hostNames],
      privatePrefix: STATE_PREFIX,
      corsOrigins: config.api.corsOrigins,
      draining,
    });
    return {
      handler: async (request, response) => void app(request, response),
      close: async () => platform.close(),
    };
  },
  readConfig,
});
