import { randomBytes } from 'node:crypto';

import { auditedSecrets } from '../../../shared/audit/audited-secrets.ts';
import { createClient, type Client, type Run } from '../../../shared/client/client.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { Config } from '../../../shared/core/config.ts';
import { demoRequest, PORTAL_SECRET } from '../../site/demo-goal.ts';
import type { Site } from '../../site/site.ts';
import { startDemoSite } from '../demo-site.ts';
import type { RunningPlatform } from '../compose.ts';
import { printSummary } from '../print-summary.ts';
import { exitStatusOf } from '../run-summary.ts';
import { startEmulated, startHere, type CommandContext } from '../session.ts';
import { follow, runCommand } from './run.ts';

export interface DemoOptions {
  readonly url?: string;
  readonly input?: readonly string[];
  readonly allowCommit?: readonly string[];
  readonly seed?: number;
  /** On Google Cloud's emulators, every function a process of its own. */
  readonly gcpEmulators?: boolean;
}

/** A demo run that was cut off and can go on by itself. */
async function unfinished(client: Client, site: Site): Promise<Run | undefined> {
  const { runs } = await client.runs({ limit: 200 });
  return runs.find(
    (run) =>
      run.labels['demo'] === 'portal' &&
      run.url === `${site.origin}/` &&
      ['queued', 'planning', 'acting'].includes(run.status),
  );
}

async function ordersWith(site: Site, reference: string): Promise<number> {
  const response = await fetch(`${site.origin}/__ledger`);
  const entries = (await response.json()) as { kind: string; marker?: string }[];
  return entries.filter((entry) => entry.kind === 'order' && entry.marker === reference).length;
}

async function playDemo(
  context: CommandContext,
  here: RunningPlatform,
  site: Site,
): Promise<number> {
  const { err } = context;
  const client = createClient(here);
  err.write(
    `planner ${here.planner} · demo site ${site.origin} · platform ${here.url} · data ${context.config.dataDir}\n`,
  );
  await auditedSecrets(here.platform, 'user:local').set(
    context.config.tenantId,
    PORTAL_SECRET,
    site.credentials.password,
    [site.origin],
  );
  const before = await unfinished(client, site);
  if (before) err.write(`run ${before.runId} was cut off earlier: it goes on\n`);
  const reference = `REF-${randomBytes(4).toString('hex').toUpperCase()}`;
  const run = before ?? (await client.createRun(demoRequest(site, reference)));
  const summary = await follow(context, client, run.runId);
  await printSummary(context, client, summary);
  const marker = String(run.inputs['reference']);
  const orders = await ordersWith(site, marker);
  err.write(
    `the site's own ledger holds ${orders} order${orders === 1 ? '' : 's'} with reference ${marker}\n`,
  );
  if (summary.status === 'succeeded' && orders !== 1)
    throw new AppError(
      'internal',
      `the run says it succeeded, the site's ledger says ${orders} orders: please report this`,
    );
  return exitStatusOf(summary);
}

function seedOf(config: Config, options: DemoOptions): number {
  return options.seed ?? config.siteSeed;
}

/** The default goal on the demo site, or any goal on any site. */
export async function demoCommand(
  context: CommandContext,
  goal: string | undefined,
  options: DemoOptions,
): Promise<number> {
  if (goal !== undefined || options.url !== undefined) {
    if (goal === undefined)
      throw new AppError('invalid_request', 'goal: say what is to be done at that URL');
    return runCommand(context, goal, options);
  }
  const site = await startDemoSite(context.config, seedOf(context.config, options));
  try {
    const here = await (options.gcpEmulators ? startEmulated(context) : startHere(context));
    try {
      return await playDemo(context, here, site);
    } finally {
      await here.close();
    }
  } finally {
    await site.close();
  }
}
