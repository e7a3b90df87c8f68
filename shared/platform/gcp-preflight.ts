import type { GcpConfig } from '../core/gcp-config.ts';
import type { ExecutorSize } from './gcp-costs.ts';
import type { AskGoogle, GcpFinding } from './gcp-finding.ts';
import { COMPONENT_SPECS, COMPONENTS } from './gcp-topology.ts';

export interface PreflightOptions {
  readonly config: GcpConfig;
  readonly region: string;
  /** The most executors there shall be. */
  readonly executors: ExecutorSize;
  readonly ask: AskGoogle;
}

/** One permission of each kind of thing that Terraform makes: who has these can apply it. */
const RIGHTS = [
  'artifactregistry.repositories.create',
  'binaryauthorization.attestors.create',
  'cloudfunctions.functions.create',
  'cloudkms.keyRings.create',
  'cloudscheduler.jobs.create',
  'compute.networks.create',
  'datastore.databases.create',
  'iam.roles.create',
  'iam.serviceAccounts.actAs',
  'iam.serviceAccounts.create',
  'logging.sinks.create',
  'monitoring.alertPolicies.create',
  'pubsub.topics.create',
  'resourcemanager.projects.setIamPolicy',
  'run.workerpools.create',
  'secretmanager.secrets.create',
  'serviceusage.services.enable',
  'storage.buckets.create',
] as const;

const SHOWN_RIGHTS = 4;

const RESOURCES = 'https://cloudresourcemanager.googleapis.com/v1/projects';

/** What must be right before Terraform can make anything: project, billing, rights, quotas, names. */
export async function preflight(options: PreflightOptions): Promise<readonly GcpFinding[]> {
  const { config, ask } = options;
  const project = config.projectId;
  const { status, body } = await ask(`${RESOURCES}/${project}`);
  if (status !== 200) return [unreachable(project, status)];
  const { lifecycleState: state = 'ACTIVE', name = project } = body as {
    lifecycleState?: string;
    name?: string;
  };
  if (state !== 'ACTIVE')
    return [missing('project', `${project} is ${state}`, `gcloud projects undelete ${project}`)];
  const parts = await Promise.all([
    billing(project, ask),
    rights(project, ask),
    quotas(options),
    names(config, ask),
    database(config, ask),
  ]);
  return [ok('project', `${project} (${name})`), ...parts.flat()];
}

function unreachable(project: string, status: number): GcpFinding {
  if (status === 401)
    return missing('project', 'nobody is logged in', 'gcloud auth application-default login');
  return missing(
    'project',
    `${project} is not there, or you may not see it (${status})`,
    `gcloud projects create ${project}; or gcloud auth application-default login as somebody who sees it`,
  );
}

async function billing(project: string, ask: AskGoogle): Promise<readonly GcpFinding[]> {
  const { status, body } = await ask(
    `https://cloudbilling.googleapis.com/v1/projects/${project}/billingInfo`,
  );
  const cure = `gcloud billing projects link ${project} --billing-account=ACCOUNT (gcloud billing accounts list names yours)`;
  if (status !== 200) return [unknown('billing', status, cure)];
  const { billingEnabled, billingAccountName = '' } = body as {
    billingEnabled?: boolean;
    billingAccountName?: string;
  };
  if (billingEnabled === true) return [ok('billing', billingAccountName.split('/').at(-1) ?? '')];
  return [missing('billing', 'the project has no billing account that is open', cure)];
}

async function rights(project: string, ask: AskGoogle): Promise<readonly GcpFinding[]> {
  const { status, body } = await ask(`${RESOURCES}/${project}:testIamPermissions`, {
    permissions: RIGHTS,
  });
  const cure = `ask an owner: gcloud projects add-iam-policy-binding ${project} --member=user:YOU --role=roles/owner (for the first apply; the plan makes narrower roles)`;
  if (status !== 200) return [unknown('rights', status, cure)];
  const granted = new Set((body as { permissions?: readonly string[] }).permissions);
  const lacking = RIGHTS.filter((right) => !granted.has(right));
  if (lacking.length === 0) return [ok('rights', `all ${RIGHTS.length} that applying takes`)];
  const shown = lacking.slice(0, SHOWN_RIGHTS).join(', ');
  const more = lacking.length - SHOWN_RIGHTS;
  return [missing('rights', `you lack ${shown}${more > 0 ? ` and ${more} more` : ''}`, cure)];
}

interface QuotaMetric {
  readonly metric?: string;
  readonly consumerQuotaLimits?: readonly {
    readonly quotaBuckets?: readonly {
      readonly effectiveLimit?: string;
      readonly dimensions?: { readonly region?: string };
    }[];
  }[];
}

/** Of Cloud Run in the region: milli-vCPU and bytes. */
async function quotas(options: PreflightOptions): Promise<readonly GcpFinding[]> {
  const { config, region, executors, ask } = options;
  const project = config.projectId;
  const functions = COMPONENTS.filter((name) => COMPONENT_SPECS[name].runs === 'function');
  // A new revision runs beside the old one while traffic is split.
  const needed = {
    'run.googleapis.com/cpu_allocation':
      2 * 1_000 * (executors.instances * executors.cpus + functions.length),
    'run.googleapis.com/mem_allocation':
      2 *
      2 ** 20 *
      (executors.instances * COMPONENT_SPECS.executor.memoryMiB +
        functions.reduce((sum, name) => sum + COMPONENT_SPECS[name].memoryMiB, 0)),
  };
  const console = `https://console.cloud.google.com/iam-admin/quotas?project=${project}`;
  const { status, body } = await ask(
    `https://serviceusage.googleapis.com/v1beta1/projects/${project}/services/run.googleapis.com/consumerQuotaMetrics`,
  );
  if (status !== 200)
    return [
      unknown(
        'quotas',
        status,
        `gcloud services enable run.googleapis.com --project=${project}; then run this again, or look at ${console}`,
      ),
    ];
  const { metrics = [] } = body as { metrics?: readonly QuotaMetric[] };
  return Object.entries(needed).map(([metric, amount]) => {
    const isCpu = metric.endsWith('cpu_allocation');
    const said = (value: number): string =>
      isCpu ? `${value / 1_000} vCPU` : `${Math.round(value / 2 ** 30)} GiB`;
    const name = isCpu ? 'quota of CPUs' : 'quota of memory';
    const limit = limitOf(
      metrics.find((each) => each.metric === metric),
      region,
    );
    if (limit === undefined)
      return note(
        name,
        `Google does not tell it; ${said(amount)} are needed`,
        `look at ${console}`,
      );
    // -1: none.
    if (limit < 0 || limit >= amount)
      return ok(name, `${said(amount)} of ${limit < 0 ? 'any number' : said(limit)} in ${region}`);
    return missing(
      name,
      `${said(amount)} are needed in ${region} (twice what runs, while a release splits traffic), ${said(limit)} are allowed`,
      `ask for more at ${console}, or plan with fewer --executors`,
    );
  });
}

/** The bucket of the region, else the one that stands for all. */
function limitOf(metric: QuotaMetric | undefined, region: string): number | undefined {
  const buckets =
    metric?.consumerQuotaLimits?.flatMap(({ quotaBuckets = [] }) => quotaBuckets) ?? [];
  const own =
    buckets.find(({ dimensions }) => dimensions?.region === region) ??
    buckets.find(({ dimensions }) => dimensions?.region === undefined);
  return own?.effectiveLimit === undefined ? undefined : Number(own.effectiveLimit);
}

/** Names of buckets are unique in the world: somebody else may have them. */
async function names(config: GcpConfig, ask: AskGoogle): Promise<readonly GcpFinding[]> {
  const source = config.bucket.replace(/-artifacts$/, '-source');
  const wanted = [...new Set([config.bucket, config.auditBucket, source])];
  const taken: string[] = [];
  let there = 0;
  for (const bucket of wanted) {
    const { status } = await ask(`https://storage.googleapis.com/storage/v1/b/${bucket}`);
    if (status === 403) taken.push(bucket);
    if (status === 200) there += 1;
  }
  if (taken.length > 0)
    return [
      missing(
        'names',
        `${taken.join(', ')} belong${taken.length === 1 ? 's' : ''} to somebody else, or you may not see ${taken.length === 1 ? 'it' : 'them'}`,
        'give another bucket_prefix to Terraform, and --bucket-prefix here',
      ),
    ];
  return [
    ok('names', `${wanted.join(', ')} (${there === 0 ? 'free' : `${there} are yours already`})`),
  ];
}

/** A database's mode is for ever. */
async function database(config: GcpConfig, ask: AskGoogle): Promise<readonly GcpFinding[]> {
  const { projectId: project, databaseId } = config;
  const { status, body } = await ask(
    `https://firestore.googleapis.com/v1/projects/${project}/databases/${databaseId}`,
  );
  const type = (body as { type?: string } | null)?.type;
  if (status !== 200 || type === 'FIRESTORE_NATIVE') return [];
  return [
    missing(
      'database',
      `${databaseId} is there already, in ${type ?? 'another'} mode`,
      'set firestore_database in Terraform and RODEX_FIRESTORE_DATABASE here to another name',
    ),
  ];
}

const ok = (name: string, detail: string): GcpFinding => ({ name, state: 'ok', detail });
const note = (name: string, detail: string, cure: string): GcpFinding => ({
  ...ok(name, detail),
  state: 'note',
  cure,
});
const unknown = (name: string, status: number, cure: string): GcpFinding =>
  note(name, `cannot be looked at (${status})`, cure);
const missing = (name: string, detail: string, cure: string): GcpFinding => ({
  name,
  state: 'missing',
  detail,
  cure,
});
