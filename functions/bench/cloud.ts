import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';

import { logEntryPath, runPath, stepPath } from '../../shared/contracts/paths.ts';
import { RunRequest, type Run } from '../../shared/contracts/run.ts';
import { readConfig, type Config } from '../../shared/core/config.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { GcpConfig } from '../../shared/core/gcp-config.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { closeServer, listen } from '../../shared/hosting/front-server.ts';
import { readRunLog } from '../../shared/journal/run-log.ts';
import { privateHostsRule } from '../../shared/policy/egress.ts';
import { openGcpPlatform } from '../../shared/platform/gcp-platform.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { prepareEmulators } from '../../shared/platform/prepare-emulators.ts';
import { startGcpEmulators } from '../cli/emulated/gcp-emulators.ts';
import { startRun } from '../../shared/tenants/start-run.ts';
import { createBrowserPool } from '../executor/browser/browser-pool.ts';
import { Executor } from '../executor/executor.ts';
import { createPlannerFunction } from '../planner/function.ts';
import { readConversation } from '../planner/offline/conversation.ts';
import type { Page } from '../planner/offline/page-text.ts';
import { startScriptedServer } from '../planner/offline/scripted-server.ts';
import { startPlanService } from '../planner/plan-service.ts';
import { atMost, median, percentile, type BenchOptions, type BenchResult } from './bench-result.ts';
import { coldStarts, makeBundles } from './cloud-cold-start.ts';
import { countingBus, countingStore, newBill, type Bill } from './cloud-counting.ts';
import { startFormSite } from './form-site.ts';

const TENANT = 'bench';
/** Long enough that the executor waits for each step. */
const BETWEEN_STEPS_MS = 300;
const STEPS = 10;
const FIELDS = ['First name', 'Last name', 'Company', 'E-mail'] as const;

function planOn(page: Page): readonly object[] {
  const units = page.lines.flatMap((line) => line.units);
  const refOf = (name: string): string => {
    const unit = units.find((candidate) => candidate.name === name);
    if (!unit) throw new AppError('internal', `the page shows no "${name}"`);
    return unit.ref;
  };
  const typed = Array.from({ length: STEPS - 2 }, (_, index) => ({
    action: 'type',
    target: refOf(FIELDS[index % FIELDS.length] ?? ''),
    text: `text ${index}`,
  }));
  return [
    ...typed,
    { action: 'check', target: refOf('I accept the terms'), checked: true },
    { action: 'finish', status: 'success', summary: 'typed' },
  ];
}

/** Google Cloud's platform in this process, on emulators, one instance of it for each function as in production. */
class Cloud implements AsyncDisposable {
  readonly stack = new AsyncDisposableStack();
  readonly bill: Bill = newBill();
  async open(config: Config, gcp: GcpConfig, handicapMs: number): Promise<Platform> {
    const platforms = [];
    for (let index = 0; index < 3; index += 1) {
      const platform = await openGcpPlatform(gcp);
      this.stack.defer(async () => platform.close());
      platforms.push({
        ...platform,
        store: countingStore(platform.store, this.bill, index === 1 ? handicapMs : 0),
        bus: countingBus(platform.bus, this.bill),
      });
    }
    const [planning, acting, asking] = platforms as [Platform, Platform, Platform];
    const stopping = new AbortController();
    const { signal } = stopping;
    const log = silentLogger;
    const warn = (): void => undefined;
    const plans = await startPlanService({ ...planning, config, log, warn, signal });
    this.stack.defer(async () => plans.close());
    http('planner', createPlannerFunction(plans.planner, { bus: planning.bus, log, signal }));
    const server = getTestServer('planner');
    const port = await listen(server, '127.0.0.1', 0);
    this.stack.defer(async () => closeServer(server));
    this.stack.defer(() => stopping.abort());
    await prepareEmulators(gcp, [TENANT], { planner: `http://127.0.0.1:${port}/` });
    const pool = createBrowserPool({
      cacheDir: config.cacheDir,
      warn,
      displayEnv: config.displayEnv,
      ...(config.chromiumPath !== undefined && { executablePath: config.chromiumPath }),
    });
    const executor = new Executor(
      {
        ...acting,
        pool,
        log,
        holder: acting.instance,
        planForm: config.gemini.planning.form,
        privateHosts: privateHostsRule(config.privateHosts, true),
      },
      { slots: 2 },
    );
    this.stack.defer(async () => executor.stop());
    await executor.start();
    return asking;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync();
  }
}

/** Reading how far it is must not be on the bill. */
async function runToEnd(asking: Platform, watching: Platform, url: string): Promise<Run> {
  const deps = { ...asking, log: silentLogger };
  const request = RunRequest.parse({ goal: 'type', url });
  const { run } = await startRun(deps, { tenantId: TENANT, actor: 'bench' }, request);
  for (;;) {
    const now = (await watching.store.get<Run>(runPath(TENANT, run.runId)))?.data;
    if (now?.status === 'succeeded') return now;
    if (now && ['failed', 'cancelled', 'expired', 'waiting_human'].includes(now.status))
      throw new AppError('internal', `the run ${now.status}: ${now.error?.message ?? ''}`);
    await watching.clock.sleep(200);
  }
}

/** A version is the time of the write by Firestore's own clock. */
const msOf = (version: string): number => Number(version) * 1_000;

/** From the commit that publishes a step to the commit of the intent to act it, for the steps that the executor waited for. */
async function hopsOf(watching: Platform, run: Run): Promise<readonly number[]> {
  const { store } = watching;
  const log = await readRunLog(watching, TENANT, run.runId);
  const hops: number[] = [];
  for (const { seq, event } of log) {
    // The first one waits for its turn to be followed, the last one for the end of the stream.
    if (event.type !== 'step.intent' || event.stepId === '1-1') continue;
    const [entry, step] = await Promise.all([
      store.get(logEntryPath(TENANT, run.runId, seq)),
      store.get(stepPath(TENANT, run.runId, event.stepId)),
    ]);
    if (entry && step) hops.push(msOf(entry.version) - msOf(step.version));
  }
  return hops;
}

/** The emulator's own: from calling `publish` to the handler of a streaming pull. */
async function publishToReceive(platform: Platform, count: number): Promise<number[]> {
  const latencies: number[] = [];
  let arrived: () => void = () => undefined;
  let sentAt = 0;
  const subscription = await platform.bus.subscribe(
    { topic: 'rodex-steps', subscription: 'bench-receive', maxInFlight: 4 },
    async () => {
      latencies.push(performance.now() - sentAt);
      arrived();
    },
  );
  for (let index = 0; index < count; index += 1) {
    const received = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    sentAt = performance.now();
    const runId = `run_${'0'.repeat(20)}`;
    const stepId = `1-${index + 1}`;
    const about = { schemaVersion: 1 as const, tenantId: TENANT, runId, stepId };
    await platform.bus.publish({ type: 'step.ready', ...about });
    await received;
  }
  await subscription.close();
  return latencies;
}

async function measureRuns(options: BenchOptions): Promise<Measured> {
  const config = readConfig();
  await using stack = new AsyncDisposableStack();
  const { gcp } = stack.use(await startGcpEmulators());
  const site = await startFormSite();
  stack.defer(async () => site.close());
  const server = await startScriptedServer({
    calls: (body) => {
      const conversation = readConversation(body.contents);
      if (!conversation) throw new AppError('internal', 'the prompt was not understood');
      const steps = planOn(conversation.page).map((step) => JSON.stringify(step));
      const chunks = steps.map((step, index) => (index === 0 ? step : `,${step}`));
      return {
        plan: {},
        chunks: ['{"thought":"type","steps":[', ...chunks, ']}'],
        chunkDelayMs: BETWEEN_STEPS_MS,
      };
    },
  });
  stack.defer(async () => server.close());
  const cloud = stack.use(new Cloud());
  const gemini = { ...config.gemini, apiKey: undefined, baseUrl: server.baseUrl };
  const asking = await cloud.open({ ...config, gemini }, gcp, options.handicapMs);
  const watching = await openGcpPlatform(gcp);
  stack.defer(async () => watching.close());
  await runToEnd(asking, watching, site.origin);
  const receive = await publishToReceive(watching, 40);
  const before = { ...cloud.bill };
  const hops: number[] = [];
  for (let round = 1; round <= options.repeat; round += 1) {
    const found = await hopsOf(watching, await runToEnd(asking, watching, site.origin));
    hops.push(...found);
    options.note(`round ${round}: hop ${median(found).toFixed(1)} ms over ${found.length} steps`);
  }
  receive.push(...(await publishToReceive(watching, 40)));
  const steps = STEPS * options.repeat;
  const perStep = Object.fromEntries(
    Object.entries(cloud.bill).map(([name, count]) => [
      name,
      Math.round(((count - before[name as keyof Bill]) / steps) * 100) / 100,
    ]),
  ) as unknown as Bill;
  return { hops, receive, perStep };
}

interface Measured {
  readonly hops: readonly number[];
  readonly receive: readonly number[];
  readonly perStep: Bill;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** What a step costs on Google Cloud's engines, beside the emulator's own latency; what a cold start costs, beside the same code unbundled. */
export async function benchCloud(options: BenchOptions): Promise<BenchResult> {
  const { hops, receive, perStep } = await measureRuns(options);
  await makeBundles();
  const starts = await coldStarts(
    {
      'planner, unbundled': 'functions/planner/main.ts',
      planner: 'bundles/planner/index.mjs',
      api: 'bundles/api/index.mjs',
      scheduler: 'bundles/scheduler/index.mjs',
    },
    options.repeat,
    // A cold start is no step: the handicap is that of six.
    (program) => (program === 'planner' ? 6 * options.handicapMs : 0),
  );
  const planner = starts['planner'] ?? { importMs: Number.NaN, memoryMb: Number.NaN };
  const unbundled = starts['planner, unbundled'] ?? planner;
  return {
    bench: 'cloud',
    versions: { node: process.versions.node },
    rows: [
      {
        what: 'step published to act begins',
        'p50 ms': round(median(hops)),
        'p95 ms': round(percentile(hops, 0.95)),
      },
      {
        what: "emulator's publish to receive",
        'p50 ms': round(median(receive)),
        'p95 ms': round(percentile(receive, 0.95)),
      },
      ...Object.entries(perStep).map(([what, count]) => ({ what, 'a step': count })),
      ...Object.entries(starts).map(([name, { importMs, memoryMb }]) => ({
        what: `cold start: ${name}`,
        'p50 ms': importMs,
        'memory MB': memoryMb,
      })),
    ],
    targets: [
      atMost('hop_ratio', 1.3, median(hops) / median(receive)),
      atMost('planner_import_ms', 250, planner.importMs),
      atMost('planner_import_ratio', 0.7, planner.importMs / unbundled.importMs),
    ],
  };
}
