import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';

import type { Config } from '../../shared/core/config.ts';
import { untilNextMinute, type Clock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Logger } from '../../shared/core/logger.ts';
import { recordConfig } from '../../shared/audit/config-record.ts';
import { openPlatform } from '../../shared/platform/open-platform.ts';
import { privateHostsRule } from '../../shared/policy/egress.ts';
import { webhookRule } from '../../shared/policy/webhook-target.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { createApi } from '../api/api.ts';
import { LiveFeed } from '../api/live-feed.ts';
import { openEmbeddedIdentity } from '../api/open-identity.ts';
import type { BrowserPool } from '../executor/browser-session.ts';
import { createBrowserPool } from '../executor/browser/browser-pool.ts';
import type { Egress } from '../executor/egress/egress.ts';
import { STATE_PREFIX } from '../../shared/contracts/paths.ts';
import { Executor } from '../executor/executor.ts';
import { createPlannerFunction } from '../planner/function.ts';
import { startPlanService } from '../planner/plan-service.ts';
import { createSchedulerFunction } from '../scheduler/scheduler.ts';
import { RUN_REQUESTS } from '../triggers/run-requests.ts';
import { CHANGES, createTriggersFunction } from '../triggers/triggers.ts';
import { createFrontServer, drainServer, listen } from '../../shared/hosting/front-server.ts';
import { makeDomainsLight } from './light-domains.ts';
import { startFunctionHost } from './function-host.ts';
import { startPushRelay } from './push-relay.ts';
import type { StateStore } from '../../shared/state/state-store.ts';
import { packageVersion } from '../../shared/core/package-version.ts';

export interface RunningPlatform {
  readonly url: string;
  /** API key of the person at the terminal: `createClient(running)`. */
  readonly key: string;
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
  /** Another network for the browsers: hostile tests, which take a protection away. */
  readonly openEgress?: () => Promise<Egress>;
}

const DRAIN_MS = 5_000;
const HOST = '127.0.0.1';
const HOST_NAMES = [HOST, 'localhost', '::1'];
// One person's machine: enough to keep a program that runs wild from filling the disk.
const LIMITS = { perPrincipal: 60_000, perTenant: 120_000 };

/** As Cloud Scheduler does: as each minute begins. */
async function tickEachMinute(
  clock: Clock,
  signal: AbortSignal,
  tick: () => Promise<void>,
): Promise<void> {
  for (;;) {
    await clock.sleep(untilNextMinute(clock), signal).catch(() => undefined);
    if (signal.aborted) return;
    await tick();
  }
}

/** Of the tenants that there are; one that is made later has its topic after the next start. */
async function runTopics(store: StateStore, own: string): Promise<string[]> {
  const tenants = await store.query({ collection: 'tenants' });
  const ids = tenants.map(({ path }) => path.slice('tenants/'.length));
  return [...new Set([own, ...ids])].map((tenantId) => RUN_REQUESTS + tenantId);
}

/** Every function in one process on the embedded platform: the same handlers that are deployed, joined by the embedded bus. */
export async function startPlatform(
  config: Config,
  options: ComposeOptions,
): Promise<RunningPlatform> {
  if (config.platform === 'gcp')
    throw new AppError(
      'invalid_config',
      'RODEX_PLATFORM=gcp: there every function is a process of its own; deploy them (docs/runbooks/first-deploy.md), or try `rodex up --gcp-emulators` on this machine',
    );
  makeDomainsLight();
  const { log } = options;
  const stack = new AsyncDisposableStack();
  try {
    const platform = await openPlatform(config);
    stack.defer(async () => platform.close());
    await recordConfig(platform, config.tenantId, 'platform', { ...config });
    const feed = new LiveFeed();
    const stopping = new AbortController();
    const draining = new AbortController();
    const plans = await startPlanService({
      ...platform,
      config,
      log,
      warn: options.warn,
      signal: stopping.signal,
      onThought: (runId, planEpoch, text) =>
        feed.publish({ type: 'thought', runId, planEpoch, text }),
    });
    stack.defer(async () => plans.close());
    http(
      'planner',
      createPlannerFunction(plans.planner, { bus: platform.bus, log, signal: stopping.signal }),
    );
    http('scheduler', createSchedulerFunction({ ...platform, log }));
    const { bus } = platform;
    const toWebhooks = webhookRule(config.privateHosts, true);
    http(
      'triggers',
      createTriggersFunction(
        { ...platform, log, webhookRule: toWebhooks },
        { bus, signal: stopping.signal },
      ),
    );
    const version = packageVersion();
    const identity = await openEmbeddedIdentity(config, platform);
    http(
      'api',
      createApi({
        ...platform,
        ...identity,
        webhookRule: toWebhooks,
        feed,
        log,
        version,
        limits: LIMITS,
        draining: draining.signal,
        hostNames: HOST_NAMES,
        privatePrefix: STATE_PREFIX,
      }),
    );

    const host = await startFunctionHost({
      planner: getTestServer('planner'),
      scheduler: getTestServer('scheduler'),
      triggers: getTestServer('triggers'),
    });
    stack.defer(async () => host.close());
    const pushed = [
      ['rodex-plan', 'planner'],
      [CHANGES, 'triggers'],
      ...(await runTopics(platform.store, config.tenantId)).map((topic) => [topic, 'triggers']),
    ] as const;
    const relays = await Promise.all(
      pushed.map(async ([topic = '', name = '']) => startPushRelay(bus, topic, topic, host, name)),
    );
    stack.defer(async () => {
      stopping.abort();
      await Promise.all(relays.map(async (relay) => relay.close()));
    });
    const pool = createBrowserPool({
      cacheDir: config.cacheDir,
      warn: options.warn,
      displayEnv: config.displayEnv,
      ...(config.chromiumPath !== undefined && { executablePath: config.chromiumPath }),
      ...(options.openEgress && { openEgress: options.openEgress }),
    });
    const executor = new Executor(
      {
        ...platform,
        pool: options.wrapPool?.(pool) ?? pool,
        log,
        holder: platform.instance,
        planForm: config.gemini.planning.form,
        privateHosts: privateHostsRule(config.privateHosts, config.platform === 'embedded'),
      },
      { slots: options.slots ?? config.slots },
    );
    const ticking = tickEachMinute(platform.clock, stopping.signal, async () => {
      await host.call('scheduler', '{}', { signal: stopping.signal }).then(
        ({ status }) => status < 300 || log.error('the tick failed', { status }),
        (error: unknown) => log.error('the tick failed', { error: AppError.from(error).message }),
      );
    });
    stack.defer(async () => {
      stopping.abort();
      await ticking;
    });
    const front = createFrontServer(getTestServer('api'));
    const port = await listen(front, HOST, options.port ?? 0);
    stack.defer(async () => {
      draining.abort();
      await drainServer(front, DRAIN_MS);
    });
    stack.defer(async () => executor.stop());
    await executor.start();
    const url = `http://${HOST}:${port}`;
    const { key } = identity;
    return { url, key, platform, planner: plans.label, close: async () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
