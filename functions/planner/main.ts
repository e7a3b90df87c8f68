import { readConfig } from '../../shared/core/config.ts';
import { createLogger } from '../../shared/core/logger.ts';
import { serveFunction } from '../../shared/hosting/serve-function.ts';
import { openPlatform } from '../../shared/platform/open-platform.ts';
import { createPlannerFunction, planHandler } from './function.ts';
import { startPlanService } from './plan-service.ts';

serveFunction('planner', {
  process,
  build: async ({ fail, config, pushVerifier, signal }) => {
    const log = createLogger(config.logLevel, (line) => process.stderr.write(line), {
      project: config.telemetry.project,
    });
    const platform = await openPlatform(config, {
      component: 'planner',
      onMissing: fail,
      onTrouble: (message) => log.warn(message),
    });
    const warn = (message: string): void => log.warn(message);
    const plans = await startPlanService({ ...platform, config, log, warn, signal });
    // Where nothing pushes, it pulls.
    const pulled =
      platform.name === 'embedded'
        ? await platform.bus.subscribe(
            { topic: 'rodex-plan', subscription: 'rodex-plan', maxInFlight: 16 },
            planHandler(plans.planner, signal),
          )
        : undefined;
    const { bus } = platform;
    return {
      ...(pulled && { port: 0 }),
      about: { plannedBy: plans.label },
      handler: createPlannerFunction(plans.planner, { bus, log, verify: pushVerifier, signal }),
      close: async () => {
        await pulled?.close();
        await plans.close();
        await platform.close();
      },
    };
  },
  readConfig,
});
