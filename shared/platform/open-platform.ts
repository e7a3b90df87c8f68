import { recordConfig } from '../audit/config-record.ts';
import type { Config } from '../core/config.ts';
import { AppError } from '../core/errors.ts';
import { openTelemetry } from '../telemetry/open-telemetry.ts';
import type { GcpPlatformOptions } from './gcp-platform.ts';
import type { Platform } from './platform.ts';

export const LOADED_MARK = 'rodex-platform-loaded';

type EngineConfig = Pick<Config, 'platform' | 'dataDir' | 'gcp'>;
type PlatformConfig = EngineConfig & Pick<Config, 'telemetry' | 'tenantId'>;

/** The engines that the configuration names; only their adapters are loaded. Errors: `invalid_config`. */
async function openEngines(config: EngineConfig, options: GcpPlatformOptions): Promise<Platform> {
  if (config.platform === 'embedded') {
    const { openEmbeddedPlatform } = await import('./embedded-platform.ts');
    return openEmbeddedPlatform(config.dataDir);
  }
  if (!config.gcp) throw new AppError('invalid_config', 'RODEX_PLATFORM=gcp: no project is named');
  const { openGcpPlatform } = await import('./gcp-platform.ts');
  // What a cold start loads is loaded: `npm run bench -- cloud` measures up to here.
  performance.mark(LOADED_MARK);
  return openGcpPlatform(config.gcp, options);
}

/**
 * The platform that the configuration names, watched by its telemetry under the name of its component (`rodex-api`, …). What a component's
 * settings are is put on record when they differ from its last start: its first request does not wait for that.
 * Errors: `invalid_config`.
 */
export async function openPlatform(
  config: PlatformConfig,
  options: GcpPlatformOptions = {},
): Promise<Platform> {
  const engines = await openEngines(config, options);
  const recorded = recordSettings(engines, config, options);
  const name = options.component === undefined ? 'rodex' : `rodex-${options.component}`;
  const telemetry = await openTelemetry(config, { name, instance: engines.instance });
  return {
    ...engines,
    telemetry,
    close: async () => {
      await recorded;
      await engines.close();
      await telemetry.close();
    },
  };
}

async function recordSettings(
  engines: Platform,
  config: PlatformConfig,
  { component, onTrouble }: GcpPlatformOptions,
): Promise<void> {
  if (component === undefined) return;
  try {
    await recordConfig(engines, config.tenantId, component, { ...config });
  } catch (error) {
    // The next start tries again.
    onTrouble?.(`the settings were not put on record: ${AppError.from(error).message}`);
  }
}
