import type { Config } from '../../../shared/core/config.ts';
import { exitStatus } from '../../../shared/core/error-table.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { GcpConfig } from '../../../shared/core/gcp-config.ts';
import { readConfig } from '../../../shared/core/config.ts';
import { askGoogle } from '../../../shared/platform/ask-google.ts';
import {
  type Cost,
  DEFAULT_EXECUTORS,
  idleCosts,
  money,
  runCosts,
  together,
} from '../../../shared/platform/gcp-costs.ts';
import { examineProject } from '../../../shared/platform/gcp-doctor.ts';
import { type Planned, plannedThings } from '../../../shared/platform/gcp-planned.ts';
import { preflight } from '../../../shared/platform/gcp-preflight.ts';
import type { GcpFinding } from '../../../shared/platform/gcp-finding.ts';
import type { CommandContext } from '../session.ts';
import { paint } from '../terminal-text.ts';

interface DeployPlanOptions {
  readonly project?: string;
  readonly region: string;
  readonly bucketPrefix?: string;
  readonly tenant?: readonly string[];
  readonly executors: number;
  readonly warm: number;
  readonly runs: number;
}

interface Plan {
  readonly project: string;
  readonly region: string;
  readonly ready: boolean;
  readonly findings: readonly GcpFinding[];
  /** Empty when the project cannot be looked into. */
  readonly things: readonly Planned[];
  readonly idle: readonly Cost[];
  readonly runs: { readonly count: number; readonly costs: readonly Cost[] };
}

/** Looks, and changes nothing. Exit status 0 when Terraform can be applied, 8 when something is missing before. */
export async function deployPlanCommand(
  context: CommandContext,
  options: DeployPlanOptions,
): Promise<number> {
  const plan = await planOf(context.config, options);
  if (context.json) context.out.write(`${JSON.stringify(plan)}\n`);
  else print(plan, context.out);
  return plan.ready ? 0 : exitStatus('browser_missing');
}

async function planOf(config: Config, options: DeployPlanOptions): Promise<Plan> {
  const { region, runs, executors, warm } = options;
  if (!/^[a-z]+-[a-z]+\d+$/.test(region))
    throw new AppError(
      'invalid_request',
      `--region ${region}: a region is written like us-central1`,
    );
  if (warm > executors)
    throw new AppError('invalid_request', `--warm ${warm}: no more than --executors ${executors}`);
  const gcp = projectOf(config, options);
  const ask = askGoogle(config.googleApisHost);
  const tenants = options.tenant ?? [];
  const most = { ...DEFAULT_EXECUTORS, instances: executors };
  const findings = await preflight({ config: gcp, region, executors: most, ask });
  const reached = findings.some(({ name, state }) => name === 'project' && state === 'ok');
  const found = reached ? await examineProject({ config: gcp, tenants, ask }) : [];
  const least = { ...DEFAULT_EXECUTORS, instances: warm };
  return {
    project: gcp.projectId,
    region,
    ready: findings.every(({ state }) => state !== 'missing'),
    findings,
    things: reached ? plannedThings({ config: gcp, tenants, warm, most: executors, found }) : [],
    idle: idleCosts(least),
    runs: { count: runs, costs: runCosts(runs, least, config.gemini.model) },
  };
}

/** Only looking: neither RODEX_PLATFORM nor anything else of a deployment need be set. */
function projectOf(config: Config, { project, bucketPrefix }: DeployPlanOptions): GcpConfig {
  if (project === undefined && config.gcp && !bucketPrefix) return config.gcp;
  const id = project ?? config.gcp?.projectId ?? config.telemetry.project;
  if (id === undefined)
    throw new AppError(
      'invalid_request',
      'which project? Give --project ID, or set GOOGLE_CLOUD_PROJECT',
    );
  const { gcp } = readConfig({
    RODEX_PLATFORM: 'gcp',
    GOOGLE_CLOUD_PROJECT: id,
    RODEX_FIRESTORE_DATABASE: config.gcp?.databaseId,
    ...(bucketPrefix !== undefined && {
      RODEX_BUCKET: `${bucketPrefix}-rodex-artifacts`,
      RODEX_AUDIT_BUCKET: `${bucketPrefix}-rodex-audit`,
    }),
  });
  if (!gcp) throw new AppError('internal', 'a project gave no configuration');
  return gcp;
}

function print(plan: Plan, out: NodeJS.WriteStream): void {
  const { project, region, findings, things, idle, runs, ready } = plan;
  const heading = (text: string): void => void out.write(`\n${paint('bold', text, out)}\n`);
  out.write(
    `${paint('bold', `Rodex on ${project}, ${region}`, out)}: nothing is changed by looking\n`,
  );
  heading('Before you apply');
  for (const { name, state, detail, cure } of findings) {
    out.write(`${markOf(state, out)} ${name.padEnd(16)} ${detail}\n`);
    if (cure !== undefined) out.write(`${' '.repeat(19)}→ ${cure}\n`);
  }
  if (things.length > 0) {
    heading('What will exist');
    for (const { what, detail, now } of things) {
      out.write(`  ${what.padEnd(16)} ${detail}\n`);
      if (now !== undefined) out.write(`${' '.repeat(19)}${paint('dim', `now: ${now}`, out)}\n`);
    }
  }
  heading('What it costs (list prices of November 2026 in us-central1; look them up)');
  printCosts(`a month with nothing to do`, idle, out);
  printCosts(
    `${runs.count.toLocaleString('en-US')} runs of ten steps, beside that`,
    runs.costs,
    out,
  );
  out.write('  How it is counted: docs/architecture/google-cloud.md\n');
  heading(ready ? 'Next' : 'Next: what is marked ✗ above, then this command again');
  if (ready) out.write('  docs/runbooks/first-deploy.md: terraform init, terraform apply\n');
}

function printCosts(title: string, costs: readonly Cost[], out: NodeJS.WriteStream): void {
  const width = Math.max(...costs.map(({ part }) => part.length));
  out.write(`  ${paint('bold', `${money(together(costs)).padStart(8)} USD`, out)}  ${title}\n`);
  for (const { part, how, usd } of costs)
    out.write(`  ${money(usd).padStart(8)}      ${part.padEnd(width)}  ${how}\n`);
}

function markOf(state: GcpFinding['state'], out: NodeJS.WriteStream): string {
  if (state === 'ok') return paint('green', '✓', out);
  return state === 'note' ? paint('yellow', '!', out) : paint('red', '✗', out);
}
