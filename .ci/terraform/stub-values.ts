// What Google would answer, as far as something of ours reads it.

export type Values = Record<string, unknown>;

export const NUMBER = '123456789012';

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Full names, as Google forms them, by resource type; `{x}` is an attribute. */
const IDS: Readonly<Record<string, string>> = {
  google_artifact_registry_repository:
    'projects/{project}/locations/{location}/repositories/{repository_id}',
  google_cloudfunctions2_function: 'projects/{project}/locations/{location}/functions/{name}',
  google_compute_network: 'projects/{project}/global/networks/{name}',
  google_compute_subnetwork: 'projects/{project}/regions/{region}/subnetworks/{name}',
  google_kms_crypto_key: '{key_ring}/cryptoKeys/{name}',
  google_kms_key_ring: 'projects/{project}/locations/{location}/keyRings/{name}',
  google_logging_project_bucket_config:
    'projects/{project}/locations/{location}/buckets/{bucket_id}',
  google_pubsub_subscription: 'projects/{project}/subscriptions/{name}',
  google_pubsub_topic: 'projects/{project}/topics/{name}',
  google_secret_manager_secret: 'projects/{project}/secrets/{secret_id}',
  google_service_account:
    'projects/{project}/serviceAccounts/{account_id}@{project}.iam.gserviceaccount.com',
  google_kms_crypto_key_version: '{crypto_key}/cryptoKeyVersions/1',
};

const filledIn = (pattern: string, values: Values): string =>
  pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => text(values[name]));

/** By `type.attribute`. */
const VALUES: Readonly<Record<string, (values: Values) => unknown>> = {
  'google_project.number': () => NUMBER,
  'google_project_service_identity.email': ({ service }) =>
    `service-${NUMBER}@gcp-sa-${text(service).split('.')[0]}.iam.gserviceaccount.com`,
  'google_project_iam_custom_role.name': (values) =>
    filledIn('projects/{project}/roles/{role_id}', values),
  'google_service_account.email': (values) =>
    filledIn('{account_id}@{project}.iam.gserviceaccount.com', values),
  'google_service_account.name': (values) => filledIn(IDS['google_service_account'] ?? '', values),
  'google_secret_manager_secret_version.version': () => '1',
  'google_kms_crypto_key_version.public_key': () => [
    { algorithm: 'EC_SIGN_P256_SHA256', pem: 'a public key' },
  ],
  'archive_file.output_sha256': ({ source_dir: dir }) => `sha256 of ${text(dir).split('/').at(-1)}`,
  // Written, so never seen again.
  'random_password.result': ({ length }) => 'x'.repeat(Number(length)),
};

/** Null where nobody reads it. */
export function computedValue(type: string, name: string, values: Values): unknown {
  const own = VALUES[`${type}.${name}`];
  if (own) return own(values);
  if (name !== 'id') return null;
  const pattern = IDS[type];
  return pattern === undefined ? `${type} of somebody` : filledIn(pattern, values);
}
