import { cloudEvent, http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';

import type { Config } from '../../shared/core/config.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Logger } from '../../shared/core/logger.ts';
import { openEmbeddedPlatform } from '../../shared/platform/embedded-platform.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { createApi } from '../api/api.ts';
import { LiveFeed } from '../api/live-feed.ts';
import type { BrowserPool } from '../executor/browser-session.ts';
import { createBrowserPool } from '../executor/browser/browser-pool.ts';
import { STATE_PREFIX } from '../executor/browser-state.ts';
import { Executor } from '../executor/executor.ts';
import { createPlannerFunction } from '../planner/function.ts';
import { createGeminiClient } from '../planner/gemini/gemini-client.ts';
import { startOfflinePlanner } from '../planner/offline/offline-server.ts';
import { PRICES } from '../planner/ledger/prices.ts';
import { TokenLedger } from '../planner/ledger/token-ledger.ts';
import { createPlanner } from '../planner/planner.ts';
import { createSchedulerFunction } from '../scheduler/scheduler.ts';
import { closeServer, createFrontServer, listen } from './front-server.ts';
import { makeDomainsLight } from './light-domains.ts';
import { startFunctionHost } from './function-host.ts';
import { startPushRelay } from './push-relay.ts';
import { packageVersion } from './version.ts';

export interface RunningPlatform {
  readonly url: string;
  readonly platform: Platform;
  /** Who plans: `offline`, or the model's name. */
  readonly planner: string;
  /** Stops taking runs, brings those under way to a safe point, closes everything. */
  close(): Promise<void>;
}

export interface ComposeOptions {
  readonly log: Logger;
  /** 0: any free port. */
  readonly port?: number;
  /** Runs at once. */
  readonly slots?: number;
  /** Loud warnings for the person at the terminal. */
  readonly warn: (message: string) => void;
  /** Puts something between the executor and its browsers: benches and fault tests. */
  readonly wrapPool?: (pool: BrowserPool) => BrowserPool;
}

const TICK_MS = 60_000;
const OFFLINE_MODEL = 'rodex-offline';
// Whoever reaches the API of this platform may do all that its owner may: it listens on loopback only.
const HOST = '127.0.0.1';
const HOST_NAMES = [HOST, 'localhost', '::1'];

interface PlannerSource {
  readonly label: string;
  readonly apiKey: string;
  readonly baseUrl: string | undefined;
  close(): Promise<void>;
}

/** Gemini when a key or a server is named, else the offline planner behind the same wire protocol. */
async function plannerSource(config: Config): Promise<PlannerSource> {
  const { apiKey, baseUrl, model } = config.gemini;
  if (apiKey !== undefined || baseUrl !== undefined)
    return { label: model, apiKey: apiKey ?? 'no-key', baseUrl, close: async () => undefined };
  const offline = await startOfflinePlanner({ host: HOST, port: 0 });
  return {
    label: 'offline',
    apiKey: 'no-key',
    baseUrl: offline.baseUrl,
    close: async () => offline.close(),
  };
}

/** Every function in one process on the embedded platform: the same handlers that are deployed, joined by the embedded bus. */
export async function startPlatform(
  config: Config,
  options: ComposeOptions,
): Promise<RunningPlatform> {
  if (config.platform !== 'embedded')
    throw new AppError(
      'invalid_config',
      'RODEX_PLATFORM=gcp: this release runs on the embedded platform only; unset it',
    );
  makeDomainsLight();
  const { log } = options;
  const stack = new AsyncDisposableStack();
  try {
    const platform = await openEmbeddedPlatform(config.dataDir);
    stack.defer(async () => platform.close());
    const source = await plannerSource(config);
    stack.defer(async () => source.close());
    const feed = new LiveFeed();
    const stopping = new AbortController();

    const gemini = createGeminiClient({
      apiKey: source.apiKey,
      model: config.gemini.model,
      transportKind: config.gemini.transport,
      live: { modality: config.gemini.liveModality },
      ...(config.gemini.planForm !== undefined && { form: config.gemini.planForm }),
      maxAttempts: config.gemini.maxAttempts,
      maxRetryMs: config.gemini.maxRetryMs,
      stallMs: config.gemini.stallMs,
      firstByteMs: config.gemini.firstByteMs,
      ...(source.baseUrl !== undefined && { baseUrl: source.baseUrl }),
    });
    await gemini.check(stopping.signal).catch((error: unknown) => {
      // A service that is out of reach now may be back when a run needs it; one that refuses will refuse then too.
      if (!AppError.is(error, 'model_unavailable')) throw error;
      options.warn(`${error.message} Runs will try again.`);
    });
    const { contextTokens, prices = PRICES, ...limits } = config.ledger;
    const model = source.label === 'offline' ? OFFLINE_MODEL : config.gemini.model;
    const planner = createPlanner({
      ...platform,
      gemini,
      log,
      contextTokens,
      ledger: new TokenLedger({ ...platform, limits, price: prices[model] }),
      onThought: (runId, planEpoch, text) =>
        feed.publish({ type: 'thought', runId, planEpoch, text }),
    });
    cloudEvent('planner', createPlannerFunction(planner, stopping.signal));
    http('scheduler', createSchedulerFunction({ ...platform, log }));
    const version = packageVersion();
    http(
      'api',
      createApi({
        ...platform,
        feed,
        log,
        tenantId: config.tenantId,
        version,
        hostNames: HOST_NAMES,
        privatePrefix: STATE_PREFIX,
      }),
    );

    const host = await startFunctionHost({
      planner: getTestServer('planner'),
      scheduler: getTestServer('scheduler'),
    });
    stack.defer(async () => host.close());
    const relay = await startPushRelay(platform.bus, 'rodex-plan', 'rodex-plan', host, 'planner');
    stack.defer(async () => {
      stopping.abort();
      await relay.close();
    });
    const pool = createBrowserPool({
      cacheDir: config.cacheDir,
      warn: options.warn,
      ...(config.chromiumPath !== undefined && { executablePath: config.chromiumPath }),
    });
    const executor = new Executor(
      { ...platform, pool: options.wrapPool?.(pool) ?? pool, log, holder: platform.instance },
      { slots: options.slots ?? 4 },
    );
    const tick = setInterval(() => {
      host.call('scheduler', '{}', { signal: stopping.signal }).then(
        (status) => status < 300 || log.error('the sweep failed', { status }),
        (error: unknown) => log.error('the sweep failed', { error: AppError.from(error).message }),
      );
    }, TICK_MS);
    stack.defer(() => clearInterval(tick));
    const front = createFrontServer(getTestServer('api'));
    const port = await listen(front, HOST, options.port ?? 0);
    stack.defer(async () => closeServer(front));
    stack.defer(async () => executor.stop());
    await executor.start();
    const url = `http://${HOST}:${port}`;
    return { url, platform, planner: source.label, close: async () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
