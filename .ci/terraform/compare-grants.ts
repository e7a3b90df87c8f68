// Who may do what: as applied, against what the code says that it does. One line for each grant, so that both can be compared as sets.
import { grantsOf, type GrantPlace } from '../../shared/platform/gcp-grants.ts';
import { COMPONENTS, subscriptionsOf } from '../../shared/platform/gcp-topology.ts';
import type { Applied, AppliedResource } from './apply-offline.ts';

const IAM = /_iam_(member|binding|policy)$/;
const P = 'acme-rodex';
const account = (name: string): string =>
  `serviceAccount:rodex-${name}@${P}.iam.gserviceaccount.com`;
const AGENT = 'serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com';

const last = (value: unknown): string =>
  typeof value === 'string' ? (value.split('/').at(-1) ?? '') : '';

/** What a grant is on, by the attributes that name it. */
const NAMED_BY: Readonly<Record<string, readonly string[]>> = {
  google_artifact_registry_repository_iam_member: ['repository'],
  google_binary_authorization_attestor_iam_member: ['attestor'],
  google_cloud_run_v2_service_iam_member: ['name'],
  google_cloud_run_v2_worker_pool_iam_member: ['name'],
  google_cloudfunctions2_function_iam_member: ['cloud_function'],
  google_container_analysis_note_iam_member: ['note'],
  google_kms_crypto_key_iam_member: ['crypto_key_id'],
  google_project_iam_member: [],
  google_pubsub_subscription_iam_member: ['subscription'],
  google_pubsub_topic_iam_member: ['project', 'topic'],
  google_secret_manager_secret_iam_member: ['secret_id'],
  google_service_account_iam_member: ['service_account_id'],
  google_storage_bucket_iam_member: ['bucket'],
};

function lineOf({ type, address, values }: AppliedResource): string {
  const named = NAMED_BY[type];
  // A binding or a policy takes roles away from others.
  if (!named) return `${address}: grants are added one by one, by members`;
  const [condition] = (values['condition'] ?? []) as { expression: string }[];
  const place = named.map((name) => last(values[name])).join('/');
  const when = condition ? ` if ${condition.expression}` : '';
  const kind = type.replace(/^google_/, '').replace(/_iam_member$/, '');
  return `${String(values['member'])} has ${last(values['role'])} on ${kind} ${place}${when}`;
}

const DATABASE = ` if resource.name == "projects/${P}/databases/(default)"`;
const SECRETS = 'projects/123456789012/secrets/rodex_';
const TENANT_SECRETS = ` if resource.name.startsWith("${SECRETS}") && !resource.name.startsWith("${SECRETS}platform_")`;

function placeLine({ kind, name }: GrantPlace): string {
  switch (kind) {
    case 'topic':
      return `pubsub_topic ${P}/${name}`;
    case 'subscription':
      return `pubsub_subscription ${name}`;
    case 'secret':
      return `secret_manager_secret ${name}`;
    case 'bucket':
      return `storage_bucket ${P}-rodex-${name}`;
    case 'key':
      return `kms_crypto_key ${name}`;
    case 'account':
      return `service_account ${name}@${P}.iam.gserviceaccount.com`;
    case 'database':
      return `project ${DATABASE}`;
    case 'tenant-secrets':
      return `project ${TENANT_SECRETS}`;
    default:
      return 'project ';
  }
}

/** What is no component: pushes, Google's agent, builds, releases, and whoever the variables name. */
function others(tenants: readonly string[]): string[] {
  const release = account('build');
  const builds = account('functions');
  const functions = COMPONENTS.filter((name) => name !== 'executor');
  const names = subscriptionsOf(tenants).map(({ subscription }) => subscription);
  return [
    `allUsers has run.invoker on cloud_run_v2_service rodex-api`,
    ...functions
      .filter((name) => name !== 'api')
      .map((name) => `${account('push')} has run.invoker on cloud_run_v2_service rodex-${name}`),
    ...names.flatMap((name) => [
      `${AGENT} has pubsub.publisher on pubsub_topic ${P}/${name}-dead`,
      `${AGENT} has pubsub.subscriber on pubsub_subscription ${name}`,
    ]),
    `${AGENT} has iam.serviceAccountTokenCreator on service_account rodex-push@${P}.iam.gserviceaccount.com`,
    `serviceAccount:erp@acme-erp.iam.gserviceaccount.com has pubsub.publisher on pubsub_topic ${P}/rodex-runs-acme`,
    `${account('triggers')} has pubsub.publisher on pubsub_topic acme-erp/answers`,
    `${builds} has logging.logWriter on project `,
    `${builds} has artifactregistry.writer on artifact_registry_repository rodex-functions`,
    `${builds} has storage.objectViewer on storage_bucket ${P}-rodex-source`,
    `${builds} has storage.objectViewer on project  if resource.name.startsWith("projects/_/buckets/gcf-v2-sources-123456789012-")`,
    `${release} has logging.logWriter on project `,
    `${release} has rodexReleaser on project `,
    `${release} has logging.viewAccessor on project  if resource.name == "projects/${P}/locations/us-central1/buckets/rodex/views/_AllLogs"`,
    `${release} has containeranalysis.occurrences.editor on project `,
    `${release} has artifactregistry.writer on artifact_registry_repository rodex`,
    `${release} has artifactregistry.writer on artifact_registry_repository rodex-functions`,
    `${release} has storage.objectUser on storage_bucket ${P}-rodex-source`,
    `${release} has cloudkms.signerVerifier on kms_crypto_key image-signing`,
    `${release} has binaryauthorization.attestorsViewer on binary_authorization_attestor rodex-built`,
    `${release} has containeranalysis.notes.attacher on container_analysis_note rodex-built`,
    `${release} has run.developer on cloud_run_v2_worker_pool rodex-executor`,
    ...functions.flatMap((name) => [
      `${release} has cloudfunctions.developer on cloudfunctions2_function rodex-${name}`,
      `${release} has run.developer on cloud_run_v2_service rodex-${name}`,
    ]),
    ...[...COMPONENTS, 'functions'].map(
      (name) =>
        `${release} has iam.serviceAccountUser on service_account rodex-${name}@${P}.iam.gserviceaccount.com`,
    ),
  ];
}

/** Grants that are lacking, and grants that nobody needs. */
export function compareGrants({ resources }: Pick<Applied, 'resources'>): readonly string[] {
  const tenants = ['acme', 'beta'];
  const wanted = new Set([
    ...COMPONENTS.flatMap((component) =>
      grantsOf(component, tenants).map(
        ({ role, on }) => `${account(component)} has ${last(role)} on ${placeLine(on)}`,
      ),
    ),
    ...others(tenants),
  ]);
  const made = new Set(resources.filter(({ type }) => IAM.test(type)).map(lineOf));
  return [
    ...[...wanted].filter((line) => !made.has(line)).map((line) => `lacking: ${line}`),
    ...[...made].filter((line) => !wanted.has(line)).map((line) => `too much: ${line}`),
  ];
}
