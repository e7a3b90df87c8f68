import type { GcpConfig } from '../core/gcp-config.ts';
import type { AskGoogle, GcpFinding } from './gcp-finding.ts';
import { deadLetterOf, secretIdOf } from './gcp-names.ts';
import { APIS, PLATFORM_TENANT, SECRETS, subscriptionsOf, TOPICS } from './gcp-topology.ts';
import { indexFindings } from './gcp-doctor-indexes.ts';
import { roleFindings } from './gcp-doctor-roles.ts';

export interface DoctorOptions {
  readonly config: GcpConfig;
  readonly tenants: readonly string[];
  readonly ask: AskGoogle;
}

type Checked = readonly GcpFinding[];

/** Looks in a real project for all that Rodex needs, and says how to make what is missing. */
export async function examineProject(options: DoctorOptions): Promise<Checked> {
  const { config, ask, tenants } = options;
  const { projectId: project } = config;
  const reached = await ask(`https://cloudresourcemanager.googleapis.com/v1/projects/${project}`);
  if (reached.status !== 200)
    return [
      {
        name: 'project',
        state: 'missing',
        detail: `${project} cannot be read (${reached.status})`,
        cure: `gcloud auth application-default login; gcloud projects describe ${project}`,
      },
    ];
  const parts = await Promise.all([
    apis(project, ask),
    topics(project, tenants, ask),
    subscriptions(project, tenants, ask),
    database(config, ask),
    secrets(project, ask),
    buckets(config, ask),
    roleFindings(config, tenants, ask),
  ]);
  return [{ name: 'project', state: 'ok', detail: project }, ...parts.flat()];
}

async function apis(project: string, ask: AskGoogle): Promise<Checked> {
  const off: string[] = [];
  await Promise.all(
    APIS.map(async (api) => {
      const url = `https://serviceusage.googleapis.com/v1/projects/${project}/services/${api}`;
      const { body } = await ask(url);
      if ((body as { state?: string } | null)?.state !== 'ENABLED') off.push(api);
    }),
  );
  const list = off.toSorted().join(' ');
  if (off.length === 0) return [ok('APIs', `${APIS.length} are on`)];
  return [missing('APIs', `off: ${list}`, `gcloud services enable ${list} --project=${project}`)];
}

async function topics(
  project: string,
  tenants: readonly string[],
  ask: AskGoogle,
): Promise<Checked> {
  const subscriptions = subscriptionsOf(tenants);
  const names = new Set([
    ...TOPICS,
    ...subscriptions.flatMap(({ topic, subscription }) => [topic, deadLetterOf(subscription)]),
  ]);
  const found = await Promise.all(
    [...names].map(async (name) => {
      const { status } = await ask(`${pubsub(project)}/topics/${name}`);
      if (status === 200) return ok(`topic ${name}`, 'there');
      return missing(
        `topic ${name}`,
        `answered ${status}`,
        `gcloud pubsub topics create ${name} --project=${project}`,
      );
    }),
  );
  return found;
}

async function subscriptions(
  project: string,
  tenants: readonly string[],
  ask: AskGoogle,
): Promise<Checked> {
  const found = subscriptionsOf(tenants).map(async (spec): Promise<Checked> => {
    const { subscription, topic, pushTo } = spec;
    const dead = deadLetterOf(subscription);
    const name = `subscription ${subscription}`;
    const common = [
      `--ack-deadline=${spec.ackDeadlineSeconds}`,
      `--min-retry-delay=${spec.minBackoffSeconds}s`,
      `--max-retry-delay=${spec.maxBackoffSeconds}s`,
      `--dead-letter-topic=${dead}`,
      `--max-delivery-attempts=${spec.maxDeliveryAttempts}`,
    ].join(' ');
    const push = pushTo
      ? ` --push-endpoint=URL_OF_${pushTo.toUpperCase()} --push-auth-service-account=rodex-push@${project}.iam.gserviceaccount.com --push-auth-token-audience=URL_OF_${pushTo.toUpperCase()}`
      : '';
    const make = `gcloud pubsub subscriptions create ${subscription} --topic=${topic} ${common}${push} --project=${project}`;
    const [own, deadOwn] = await Promise.all([
      ask(`${pubsub(project)}/subscriptions/${subscription}`),
      ask(`${pubsub(project)}/subscriptions/${dead}`),
    ]);
    const deadFinding =
      deadOwn.status === 200
        ? ok(`subscription ${dead}`, 'there')
        : missing(
            `subscription ${dead}`,
            'nobody keeps what is set aside',
            `gcloud pubsub subscriptions create ${dead} --topic=${dead} --project=${project}`,
          );
    if (own.status !== 200) return [missing(name, `answered ${own.status}`, make), deadFinding];
    const body = own.body as {
      topic?: string;
      pushConfig?: { pushEndpoint?: string };
      deadLetterPolicy?: { deadLetterTopic?: string };
    };
    const update = `gcloud pubsub subscriptions update ${subscription} ${common}${push} --project=${project}`;
    if (body.topic?.split('/').at(-1) !== topic)
      return [
        missing(
          name,
          `belongs to ${body.topic ?? 'no topic'}, not to ${topic}`,
          `gcloud pubsub subscriptions delete ${subscription} --project=${project}; ${make}`,
        ),
        deadFinding,
      ];
    if (!body.deadLetterPolicy?.deadLetterTopic?.endsWith(`/${dead}`))
      return [missing(name, `has no dead letter topic ${dead}`, update), deadFinding];
    if (pushTo && !body.pushConfig?.pushEndpoint)
      return [missing(name, `pushes nowhere; it belongs to ${pushTo}`, update), deadFinding];
    return [ok(name, 'as it should be'), deadFinding];
  });
  return (await Promise.all(found)).flat();
}

async function database(config: GcpConfig, ask: AskGoogle): Promise<Checked> {
  const { projectId: project, databaseId } = config;
  const base = `https://firestore.googleapis.com/v1/projects/${project}/databases/${databaseId}`;
  const { status, body } = await ask(base);
  if (status !== 200 || (body as { type?: string }).type !== 'FIRESTORE_NATIVE')
    return [
      missing(
        'Firestore',
        status === 200 ? 'the database is not in native mode' : `answered ${status}`,
        `gcloud firestore databases create --database='${databaseId}' --type=firestore-native --location=LOCATION --project=${project}`,
      ),
    ];
  return [ok('Firestore', databaseId), ...(await indexFindings(project, databaseId, base, ask))];
}

async function secrets(project: string, ask: AskGoogle): Promise<Checked> {
  return Promise.all(
    Object.values(SECRETS).map(async (name): Promise<GcpFinding> => {
      const id = secretIdOf(PLATFORM_TENANT, name);
      const url = `https://secretmanager.googleapis.com/v1/projects/${project}/secrets/${id}`;
      const value = name === SECRETS.geminiApiKey ? 'cat key.txt' : 'openssl rand -base64 32';
      const add = `${value} | tr -d '\\n' | gcloud secrets versions add ${id} --data-file=- --project=${project}`;
      if ((await ask(url)).status !== 200)
        return missing(
          `secret ${id}`,
          'not there',
          `gcloud secrets create ${id} --replication-policy=automatic --labels=rodex-tenant=${PLATFORM_TENANT},rodex-name=${name},rodex-version=1 --project=${project}; ${add}`,
        );
      const { status } = await ask(`${url}/versions/1`);
      return status === 200
        ? ok(`secret ${id}`, 'there')
        : missing(`secret ${id}`, 'has no version', add);
    }),
  );
}

async function buckets(config: GcpConfig, ask: AskGoogle): Promise<Checked> {
  const { projectId: project } = config;
  const found = [config.bucket, config.auditBucket].map(async (bucket) => {
    const { status } = await ask(`https://storage.googleapis.com/storage/v1/b/${bucket}`);
    if (status === 200) return ok(`bucket ${bucket}`, 'there');
    return missing(
      `bucket ${bucket}`,
      `answered ${status}`,
      `gcloud storage buckets create gs://${bucket} --location=LOCATION --uniform-bucket-level-access --public-access-prevention --project=${project}`,
    );
  });
  return Promise.all(found);
}

const pubsub = (project: string): string => `https://pubsub.googleapis.com/v1/projects/${project}`;
const ok = (name: string, detail: string): GcpFinding => ({ name, state: 'ok', detail });
const missing = (name: string, detail: string, cure: string): GcpFinding => ({
  name,
  state: 'missing',
  detail,
  cure,
});
