import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { createClient, type Client } from '../../../shared/client/client.ts';
import type { Run } from '../../../shared/contracts/run.ts';
import { readConfig } from '../../../shared/core/config.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { freePort } from '../../../shared/emulators/gcloud-emulator.ts';
import { openGcpPlatform } from '../../../shared/platform/gcp-platform.ts';
import { openPlatform } from '../../../shared/platform/open-platform.ts';
import { prepareEmulators } from '../../../shared/platform/prepare-emulators.ts';
import type { Platform } from '../../../shared/platform/platform.ts';
import { isFinal } from '../../../shared/runs/run-machine.ts';
import { auditAgainstSite } from '../../../shared/testing/audit-of-site.ts';
import { startGcpEmulators } from '../../cli/emulated/gcp-emulators.ts';
import { readLedger } from '../../cli/ledger-file.ts';
import { PORTAL_SECRET } from '../../site/demo-goal.ts';
import { startSite, type Site } from '../../site/site.ts';
import { DENSE, injectFaults, SPARSE, TENANT, type FaultTally } from './fault-plan.ts';
import { Member, type Kind, type Signal } from './member.ts';
import { orderRequest } from './order-request.ts';

export interface ProcessChaosOptions {
  /** Runs are started, and faults injected, for this long; or until this many runs were started and ended. */
  readonly minutes?: number;
  readonly runs?: number;
  /** On Google Cloud's emulators instead of one directory. */
  readonly gcpEmulators?: boolean;
  readonly note: (text: string) => void;
}

export interface ProcessChaosResult {
  readonly runs: number;
  readonly succeeded: number;
  /** Runs that ask a person. */
  readonly waiting: number;
  readonly failed: number;
  /** Orders in the site's ledger. */
  readonly orders: number;
  readonly faults: Record<Signal, number>;
  /** Kills that left an intent without an outcome. */
  readonly intentKills: number;
  /** Longest that a process took to end after SIGTERM. */
  readonly slowestExitMs: number;
  readonly violations: readonly string[];
  readonly seconds: number;
}

const AT_ONCE = 4;
const MIN_INTENT_KILLS = 20;
const MIN_SUCCEEDED = 0.9;
const SETTLE_MS = 240_000;
const FLEET: readonly (readonly [Kind, string])[] = [
  ['api', 'api'],
  ['planner', 'planner'],
  ['executor', 'executor-1'],
  ['executor', 'executor-2'],
  ['scheduler', 'scheduler'],
];

/** The platform as separate processes on one directory, killed, stopped and told to end at random while runs raise orders. */
export async function chaosWithProcesses(
  options: ProcessChaosOptions,
): Promise<ProcessChaosResult> {
  const started = performance.now();
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'rodex-chaos-'));
  stack.defer(async () => rm(dataDir, { recursive: true, force: true }));
  const site = await startSite({ seed: 1, dataDir: join(dataDir, 'site'), latencyMs: 120 });
  stack.defer(async () => site.close());
  const config = readConfig();
  const cloud = options.gcpEmulators ? stack.use(await startGcpEmulators()) : undefined;
  const plannerPort = cloud ? await freePort() : 0;
  if (cloud)
    await prepareEmulators(cloud.gcp, [TENANT], { planner: `http://127.0.0.1:${plannerPort}/` });
  const platform = cloud
    ? await openGcpPlatform(cloud.gcp)
    : await openPlatform({ ...config, platform: 'embedded', dataDir });
  stack.defer(async () => platform.close());
  await platform.secrets.set(TENANT, PORTAL_SECRET, site.credentials.password, [site.origin]);

  const env = {
    RODEX_DATA_DIR: dataDir,
    RODEX_CACHE_DIR: config.cacheDir,
    PORT: '0',
    RODEX_SLOTS: '2',
    ...cloud?.environment,
  };
  const members = FLEET.map(
    ([kind, name]) =>
      new Member(kind, name, kind === 'planner' ? { ...env, PORT: String(plannerPort) } : env),
  );
  stack.defer(async () => {
    await Promise.all(members.map(async (member) => member.retire()));
  });
  await Promise.all(members.map(async (member) => member.start()));
  const client = clientOf(members[0]?.url ?? '', dataDir);

  const tally: FaultTally = { signals: { SIGKILL: 0, SIGTERM: 0, SIGSTOP: 0 }, intentKills: 0 };
  const over = new AbortController();
  const pace = options.runs === undefined ? DENSE : SPARSE;
  const faults = injectFaults(members, platform.store, over.signal, tally, pace);
  const markers = await startRuns(options, { client, site, platform, tally });
  over.abort();
  await faults;
  options.note(`faults are over: ${JSON.stringify(tally)}; ${markers.size} runs come to their end`);
  await settled(platform, markers);
  await Promise.all(members.map(async (member) => member.retire()));
  return await judge({ platform, site, markers, members, tally, started, options });
}

/** The API's key lies beside the data where the platform asks for one. */
function clientOf(url: string, dataDir: string): Client {
  const file = join(dataDir, 'api.key');
  const key = existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  return createClient({ url, ...(key !== undefined && { key }) });
}

interface Stage {
  readonly client: Client;
  readonly site: Site;
  readonly platform: Platform;
  readonly tally: FaultTally;
}

/** Keeps a few runs under way; gives the reference of each accepted run. */
async function startRuns(
  { minutes, runs, note }: ProcessChaosOptions,
  { client, site, platform, tally }: Stage,
): Promise<Map<string, string>> {
  const markers = new Map<string, string>();
  const started = performance.now();
  const until = started + (minutes ?? Infinity) * 60_000;
  let told = performance.now();
  for (;;) {
    const open = (await runsOf(platform, markers)).filter(
      (run) => !isFinal(run) && !run.waitingFor,
    );
    const killed = tally.intentKills >= MIN_INTENT_KILLS;
    const now = performance.now();
    // On a slow machine a minute may be too short for so many kills: then it is up to three.
    if (runs === undefined && (killed ? now >= until : now >= until + 2 * (until - started)))
      return markers;
    if (runs !== undefined && markers.size >= runs && (killed || open.length === 0)) return markers;
    if (open.length < AT_ONCE && markers.size < (runs ?? Infinity)) {
      const marker = `REF-${randomBytes(5).toString('hex').toUpperCase()}`;
      const { runId } = await accepted(client, site, marker);
      markers.set(runId, marker);
    } else await delay(200);
    if (performance.now() - told > 15_000) {
      told = performance.now();
      note(`${markers.size} runs started, ${open.length} under way, ${JSON.stringify(tally)}`);
    }
  }
}

/** Asks until the API has answered: with the same key it is the same run, however often it died in between. */
async function accepted(client: Client, site: Site, marker: string): Promise<Run> {
  for (;;) {
    try {
      return await client.createRun(orderRequest(site, marker), { idempotencyKey: marker });
    } catch (error) {
      if (!AppError.from(error).retryable) throw error;
      await delay(200);
    }
  }
}

async function runsOf(platform: Platform, markers: ReadonlyMap<string, string>): Promise<Run[]> {
  const documents = await platform.store.query<Run>({ collection: `tenants/${TENANT}/runs` });
  return documents.map(({ data }) => data).filter(({ runId }) => markers.has(runId));
}

async function settled(platform: Platform, markers: ReadonlyMap<string, string>): Promise<void> {
  const until = performance.now() + SETTLE_MS;
  while (performance.now() < until) {
    const runs = await runsOf(platform, markers);
    if (runs.every((run) => isFinal(run) || run.waitingFor !== undefined)) return;
    await delay(500);
  }
}

async function judge(all: {
  readonly platform: Platform;
  readonly site: Site;
  readonly markers: ReadonlyMap<string, string>;
  readonly members: readonly Member[];
  readonly tally: FaultTally;
  readonly started: number;
  readonly options: ProcessChaosOptions;
}): Promise<ProcessChaosResult> {
  const { platform, site, markers, members, tally } = all;
  const violations = members.flatMap(({ crashes }) => crashes);
  const orders = (await readLedger(site.ledgerPath)).filter(({ kind }) => kind === 'order');
  const runs = await runsOf(platform, markers);
  let succeeded = 0;
  let waiting = 0;
  for (const run of runs) {
    const marker = markers.get(run.runId);
    const raised = orders.filter((order) => order.marker === marker).length;
    const say = (what: string): void => void violations.push(`${run.runId} (${marker}): ${what}`);
    if (raised > 1) say(`its order was raised ${raised} times`);
    if (run.status === 'succeeded') {
      succeeded += 1;
      if (raised !== 1) say(`succeeded with ${raised} orders`);
    } else if (run.waitingFor) waiting += 1;
    else if (isFinal(run)) all.options.note(`${run.runId} ${run.status}: ${run.error?.message}`);
    else say(`is lost: it stands as ${run.status}`);
  }
  // Every chain, the export, and one acted commit in the log for each line of the site's ledger.
  const raisedFor = orders.map(({ marker }) => marker ?? '');
  violations.push(...(await auditAgainstSite(platform, TENANT, raisedFor)));
  for (const { marker } of orders)
    if (![...markers.values()].includes(marker ?? ''))
      violations.push(`an order nobody asked for: ${marker}`);
  if (runs.length !== markers.size)
    violations.push(`${markers.size} runs were accepted, ${runs.length} are known`);
  if (succeeded < runs.length * MIN_SUCCEEDED)
    violations.push(
      `${succeeded} of ${runs.length} runs succeeded, fewer than ${MIN_SUCCEEDED * 100} %`,
    );
  if (tally.intentKills < MIN_INTENT_KILLS)
    violations.push(
      `${tally.intentKills} kills met an open intent, fewer than ${MIN_INTENT_KILLS}`,
    );
  return {
    runs: runs.length,
    succeeded,
    waiting,
    failed: runs.length - succeeded - waiting,
    orders: orders.length,
    faults: tally.signals,
    intentKills: tally.intentKills,
    slowestExitMs: Math.max(0, ...members.flatMap(({ exitMs }) => exitMs)),
    violations,
    seconds: Math.round(performance.now() - all.started) / 1_000,
  };
}
