import { readConfig } from '../../shared/core/config.ts';
import { exitStatus } from '../../shared/core/error-table.ts';
import { AppError } from '../../shared/core/errors.ts';
import { createLogger } from '../../shared/core/logger.ts';
import { privateHostsRule } from '../../shared/policy/egress.ts';
import { stopSignal } from '../../shared/core/stop-signal.ts';
import { openPlatform } from '../../shared/platform/open-platform.ts';
import { createBrowserPool } from './browser/browser-pool.ts';
import { Executor } from './executor.ts';

/** Google's own limit is 10 s; what is not over by then is taken over by another executor. */
const STOP_BUDGET_MS = 9_500;

/** An executor as a process of its own: any number of them may share a platform. */
async function main(): Promise<void> {
  const stopped = stopSignal(process);
  const config = readConfig();
  const log = createLogger(config.logLevel, (line) => process.stderr.write(line), {
    project: config.telemetry.project,
  });
  const platform = await openPlatform(config, {
    component: 'executor',
    onTrouble: (message) => log.warn(message),
  });
  const pool = createBrowserPool({
    cacheDir: config.cacheDir,
    warn: (message) => log.warn(message),
    displayEnv: config.displayEnv,
    ...(config.chromiumPath !== undefined && { executablePath: config.chromiumPath }),
  });
  const executor = new Executor(
    {
      ...platform,
      pool,
      log,
      holder: platform.instance,
      planForm: config.gemini.planning.form,
      privateHosts: privateHostsRule(
        config.privateHosts,
        // Beside emulators, sites of this machine are what is tried.
        config.platform === 'embedded' || config.gcp?.emulators !== undefined,
      ),
    },
    { slots: config.slots },
  );
  await executor.start();
  process.stdout.write(
    `${JSON.stringify({ function: 'executor', holder: platform.instance, slots: config.slots })}\n`,
  );

  await stopped;
  setTimeout(() => {
    log.error('not everything was over in time; what is open is taken over', {});
    process.exit(1);
  }, STOP_BUDGET_MS).unref();
  await executor.stop();
  await platform.close();
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    const { code, message, stack } = AppError.from(error);
    const said = `executor does not go on: ${code}: ${code === 'internal' ? (stack ?? message) : message}`;
    const line = JSON.stringify({ severity: 'CRITICAL', message: said, code });
    process.stderr.write(`${line}\n`, () => process.exit(exitStatus(code)));
  },
);
