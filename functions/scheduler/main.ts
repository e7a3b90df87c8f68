import { readConfig } from '../../shared/core/config.ts';
import { untilNextMinute } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import { createLogger } from '../../shared/core/logger.ts';
import { guarded } from '../../shared/hosting/push-function.ts';
import { serveFunction } from '../../shared/hosting/serve-function.ts';
import { openPlatform } from '../../shared/platform/open-platform.ts';
import { createSchedulerFunction, tick } from './scheduler.ts';

serveFunction('scheduler', {
  process,
  build: async ({ fail, config, pushVerifier, signal }) => {
    const log = createLogger(config.logLevel, (line) => process.stderr.write(line), {
      project: config.telemetry.project,
    });
    const platform = await openPlatform(config, {
      component: 'scheduler',
      onMissing: fail,
      onTrouble: (message) => log.warn(message),
    });
    const deps = { ...platform, log };
    const ticking = async (): Promise<void> => {
      while (!signal.aborted) {
        await tick(deps).catch((error: unknown) =>
          log.error('the tick failed', { error: AppError.from(error).message }),
        );
        await platform.clock.sleep(untilNextMinute(platform.clock), signal).catch(() => undefined);
      }
    };
    // What Cloud Scheduler calls once a minute is called here where there is none.
    const loop = platform.name === 'embedded' || config.gcp?.emulators ? ticking() : undefined;
    return {
      ...(loop && { port: 0 }),
      handler: guarded(pushVerifier, createSchedulerFunction(deps)),
      close: async () => {
        await loop;
        await platform.close();
      },
    };
  },
  readConfig,
});
