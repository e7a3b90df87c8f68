import { readConfig } from '../../shared/core/config.ts';
import { createLogger } from '../../shared/core/logger.ts';
import { serveFunction } from '../../shared/hosting/serve-function.ts';
import { webhookRule } from '../../shared/policy/webhook-target.ts';
import { openPlatform } from '../../shared/platform/open-platform.ts';
import { CHANGES, createTriggersFunction, triggersHandler } from './triggers.ts';
import { RUN_REQUESTS } from './run-requests.ts';

serveFunction('triggers', {
  process,
  build: async ({ fail, config, pushVerifier, signal }) => {
    const log = createLogger(config.logLevel, (line) => process.stderr.write(line), {
      project: config.telemetry.project,
    });
    const platform = await openPlatform(config, {
      component: 'triggers',
      onMissing: fail,
      onTrouble: (message) => log.warn(message),
    });
    const { bus } = platform;
    const deps = {
      ...platform,
      log,
      webhookRule: webhookRule(
        config.privateHosts,
        // Beside emulators, endpoints of this machine are what is tried.
        platform.name === 'embedded' || config.gcp?.emulators !== undefined,
      ),
    };
    // Where nothing pushes, it pulls.
    const names = platform.name === 'embedded' ? [CHANGES, RUN_REQUESTS + config.tenantId] : [];
    const pulled = await Promise.all(
      names.map(async (name) =>
        bus.receive({ topic: name, subscription: name, maxInFlight: 16 }, triggersHandler(deps)),
      ),
    );
    return {
      ...(pulled.length > 0 && { port: 0 }),
      handler: createTriggersFunction(deps, { bus, verify: pushVerifier, signal }),
      close: async () => {
        await Promise.all(pulled.map(async (each) => each.close()));
        await platform.close();
      },
    };
  },
  readConfig,
});
