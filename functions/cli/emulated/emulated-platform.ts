import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Config } from '../../../shared/core/config.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { GcpConfig } from '../../../shared/core/gcp-config.ts';
import type { Logger } from '../../../shared/core/logger.ts';
import { freePort, type Emulator } from '../../../shared/emulators/gcloud-emulator.ts';
import { openGcpPlatform } from '../../../shared/platform/gcp-platform.ts';
import {
  prepareEmulators,
  preparePubsub,
  type PushEndpoints,
} from '../../../shared/platform/prepare-emulators.ts';
import { API_KEY_FILE } from '../../api/open-identity.ts';
import type { RunningPlatform } from '../compose.ts';
import { FunctionProcess } from './function-process.ts';
import { startGcpEmulators } from './gcp-emulators.ts';
import { watchSources } from './watch-sources.ts';

export interface EmulatedOptions {
  readonly log: Logger;
  /** The API's port; 0: any free one. */
  readonly port?: number;
  /** Runs at once, of each executor. */
  readonly slots?: number;
  readonly executors?: number;
  readonly warn: (message: string) => void;
  /** Functions are started anew when their sources change. */
  readonly reload?: boolean;
  /** Where functions reach Firestore: tests put something between. */
  readonly firestoreVia?: (host: string) => Promise<string>;
}

export interface EmulatedPlatform extends RunningPlatform {
  readonly gcp: GcpConfig;
  /** By name: api, planner, scheduler, triggers, executor-1, … */
  readonly processes: ReadonlyMap<string, FunctionProcess>;
  readonly firestore: Emulator;
  /** Ends the Pub/Sub emulator; `startPubsub` starts it again, empty, as it was prepared. */
  stopPubsub(): Promise<void>;
  startPubsub(): Promise<void>;
}

const RESTART_MS = 500;

/** Google Cloud on one machine: the official emulators, stand-ins where there is none, and every function as a process of its own. */
export async function startEmulatedPlatform(
  config: Config,
  options: EmulatedOptions,
): Promise<EmulatedPlatform> {
  const { log, warn } = options;
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const stack = new AsyncDisposableStack();
  try {
    const emulators = stack.use(await startGcpEmulators());
    const { gcp, firestore } = emulators;
    const functionsFirestore = (await options.firestoreVia?.(firestore.host)) ?? firestore.host;
    const plannerPort = await freePort();
    const triggersPort = await freePort();
    const endpoints: PushEndpoints = {
      planner: `http://127.0.0.1:${plannerPort}/`,
      triggers: `http://127.0.0.1:${triggersPort}/`,
    };
    const tenants = [config.tenantId];
    await prepareEmulators(gcp, tenants, endpoints);
    const platform = await openGcpPlatform(gcp);
    stack.defer(async () => platform.close());

    const environment = {
      ...emulators.environment,
      FIRESTORE_EMULATOR_HOST: functionsFirestore,
      RODEX_DATA_DIR: config.dataDir,
      RODEX_CACHE_DIR: config.cacheDir,
      RODEX_TENANT: config.tenantId,
      RODEX_LOG: config.logLevel,
      RODEX_SLOTS: String(options.slots ?? config.slots),
      ...(config.gemini.baseUrl !== undefined && { GEMINI_BASE_URL: config.gemini.baseUrl }),
    };
    const processes = new Map<string, FunctionProcess>();
    let closing = false;
    const start = async (name: string, port: number): Promise<FunctionProcess> => {
      const started = await FunctionProcess.start({
        name: name.replace(/-\d+$/, ''),
        environment: { ...environment, PORT: String(port) },
        onLine: (line) => log.info('said', { process: name, line }),
        onEnd: (why) => {
          if (closing) return;
          warn(`${name} ended (${why}) and is started again`);
          setTimeout(() => void again(name, port), RESTART_MS);
        },
      });
      processes.set(name, started);
      return started;
    };
    const again = async (name: string, port: number): Promise<void> => {
      if (closing) return;
      await start(name, port).catch((error: unknown) => warn(AppError.from(error).message));
    };
    stack.defer(async () => {
      closing = true;
      await Promise.all([...processes.values()].map(async (each) => each.stop()));
    });
    const ports = new Map([
      ['api', options.port ?? 0],
      ['planner', plannerPort],
      ['scheduler', 0],
      ['triggers', triggersPort],
      ...Array.from(
        { length: options.executors ?? 1 },
        (_, index) => [`executor-${index + 1}`, 0] as const,
      ),
    ]);
    await Promise.all([...ports].map(async ([name, port]) => start(name, port)));
    const url = String(processes.get('api')?.about['url']);
    const key = readFileSync(join(config.dataDir, API_KEY_FILE), 'utf8').trim();
    ports.set('api', Number(new URL(url).port));
    if (options.reload)
      stack.defer(
        watchSources(async (changed) => {
          for (const [name, running] of processes) {
            if (changed !== undefined && !name.startsWith(changed)) continue;
            await running.stop();
            await again(name, ports.get(name) ?? 0);
          }
          warn(`started anew: ${changed ?? 'every function'}`);
        }),
      );
    return {
      url,
      key,
      platform,
      planner: String(processes.get('planner')?.about['plannedBy']),
      gcp,
      processes,
      firestore,
      stopPubsub: async () => emulators.stopPubsub(),
      startPubsub: async () => {
        await emulators.startPubsub();
        await preparePubsub(gcp, tenants, endpoints);
      },
      close: async () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
