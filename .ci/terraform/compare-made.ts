// What is made, against what the code needs: topics, subscriptions, indexes, secrets, keys, buckets, functions, variables.
import { filterOf } from '../../shared/bus/pubsub-attributes.ts';
import { deadLetterOf, secretIdOf } from '../../shared/platform/gcp-names.ts';
import {
  APIS,
  BUCKETS,
  COMPONENT_SPECS,
  COMPONENTS,
  CUSTOM_ROLES,
  PLATFORM_TENANT,
  SECRETS,
  subscriptionsOf,
  TOPICS,
  type Component,
} from '../../shared/platform/gcp-topology.ts';
import { INDEXES } from '../../shared/state/firestore-indexes.ts';
import type { Applied, AppliedResource } from './apply-offline.ts';

type Made = Pick<Applied, 'resources'>;
type Values = Readonly<Record<string, unknown>>;

const TENANTS = ['acme', 'beta'];
const P = 'acme-rodex';

const of = ({ resources }: Made, type: string): readonly AppliedResource[] =>
  resources.filter((resource) => resource.type === type);
const first = (value: unknown): Values => ((value ?? []) as Values[])[0] ?? {};
const said = (value: unknown): string => JSON.stringify(value) ?? 'nothing';

/** Both as sets of lines. */
function compared(what: string, wanted: readonly string[], made: readonly string[]): string[] {
  const duplicates = made.filter((line, at) => made.indexOf(line) !== at);
  return [
    ...wanted.filter((line) => !made.includes(line)).map((line) => `lacking: ${what} ${line}`),
    ...made.filter((line) => !wanted.includes(line)).map((line) => `too much: ${what} ${line}`),
    ...duplicates.map((line) => `twice: ${what} ${line}`),
  ];
}

const urlOf = (component: string): string =>
  `https://rodex-${component}-123456789012.us-central1.run.app`;

export function compareMessages(made: Made): readonly string[] {
  const specs = subscriptionsOf(TENANTS);
  const topics = new Set([...TOPICS, ...specs.map(({ topic }) => topic)]);
  const dead = specs.map(({ subscription }) => deadLetterOf(subscription));
  const wanted = specs.map((spec) =>
    said({
      name: spec.subscription,
      topic: `projects/${P}/topics/${spec.topic}`,
      ack: spec.ackDeadlineSeconds,
      filter: filterOf(spec.subscription),
      dead: `projects/${P}/topics/${deadLetterOf(spec.subscription)}`,
      attempts: spec.maxDeliveryAttempts,
      backoff: [`${spec.minBackoffSeconds}s`, `${spec.maxBackoffSeconds}s`],
      push: spec.pushTo ? [urlOf(spec.pushTo), urlOf(spec.pushTo)] : [],
      as: spec.pushTo ? `rodex-push@${P}.iam.gserviceaccount.com` : '',
      expires: '',
    }),
  );
  const found = of(made, 'google_pubsub_subscription').map(({ values }) => {
    const push = first(values['push_config']);
    const token = first(push['oidc_token']);
    const policy = first(values['dead_letter_policy']);
    const retry = first(values['retry_policy']);
    return said({
      name: values['name'],
      topic: values['topic'],
      ack: values['ack_deadline_seconds'],
      filter: values['filter'],
      dead: policy['dead_letter_topic'],
      attempts: policy['max_delivery_attempts'],
      backoff: [retry['minimum_backoff'], retry['maximum_backoff']],
      push: push['push_endpoint'] ? [push['push_endpoint'], token['audience']] : [],
      as: token['service_account_email'] ?? '',
      expires: first(values['expiration_policy'])['ttl'],
    });
  });
  const keeps = dead.map((name) =>
    said({
      name,
      topic: `projects/${P}/topics/${name}`,
      backoff: [null, null],
      push: [],
      as: '',
      expires: '',
    }),
  );
  return [
    ...compared(
      'topic',
      [...topics, ...dead],
      of(made, 'google_pubsub_topic').map(({ values }) => String(values['name'])),
    ),
    ...compared('subscription', [...wanted, ...keeps], found),
  ];
}

export function compareFirestore(made: Made): readonly string[] {
  const index = (collection: unknown, scope: unknown, fields: unknown): string =>
    said([collection, scope, fields]);
  const field = (collection: unknown, path: unknown, indexes: unknown, ttl: boolean): string =>
    said([collection, path, indexes, ttl]);
  return [
    ...compared(
      'index',
      INDEXES.indexes.map(({ collectionGroup, queryScope, fields }) =>
        index(
          collectionGroup,
          queryScope,
          fields.map(({ fieldPath, order }) => [fieldPath, order]),
        ),
      ),
      of(made, 'google_firestore_index').map(({ values }) =>
        index(
          values['collection'],
          values['query_scope'],
          (values['fields'] as Values[]).map(({ field_path: path, order }) => [path, order]),
        ),
      ),
    ),
    ...compared(
      'field',
      INDEXES.fieldOverrides.map(({ collectionGroup, fieldPath, indexes, ttl }) =>
        field(
          collectionGroup,
          fieldPath,
          indexes.map(({ order, queryScope }) => [order, queryScope]),
          ttl === true,
        ),
      ),
      of(made, 'google_firestore_field').map(({ values }) =>
        field(
          values['collection'],
          values['field'],
          ((first(values['index_config'])['indexes'] ?? []) as Values[]).map(
            ({ order, query_scope: scope }) => [order, scope],
          ),
          values['ttl_config'] !== undefined,
        ),
      ),
    ),
  ];
}

export function compareThings(made: Made): readonly string[] {
  const names = (type: string, attribute: string): string[] =>
    of(made, type).map(({ values }) => String(values[attribute]));
  return [
    ...compared('API', APIS, names('google_project_service', 'service')),
    ...compared(
      'secret',
      Object.values(SECRETS).map((name) => `${secretIdOf(PLATFORM_TENANT, name)} at version 1`),
      of(made, 'google_secret_manager_secret').map(
        ({ values }) =>
          `${String(values['secret_id'])} at version ${String((values['labels'] as Values)['rodex-version'])}`,
      ),
    ),
    ...compared(
      'version of secret',
      Object.values(SECRETS).map((name) => secretIdOf(PLATFORM_TENANT, name)),
      of(made, 'google_secret_manager_secret_version').map(
        ({ values }) => String(values['secret']).split('/').at(-1) ?? '',
      ),
    ),
    ...compared(
      'role',
      Object.entries(CUSTOM_ROLES).map(([id, permissions]) => said([id, permissions])),
      of(made, 'google_project_iam_custom_role').map(({ values }) =>
        said([values['role_id'], values['permissions']]),
      ),
    ),
    ...compared(
      'key',
      [
        'run-keys ENCRYPT_DECRYPT',
        'checkpoints ASYMMETRIC_SIGN EC_SIGN_ED25519',
        'image-signing ASYMMETRIC_SIGN EC_SIGN_P256_SHA256',
      ],
      of(made, 'google_kms_crypto_key').map(({ values }) => {
        const { algorithm } = first(values['version_template']) as { algorithm: string };
        const asked = algorithm === 'GOOGLE_SYMMETRIC_ENCRYPTION' ? '' : ` ${algorithm}`;
        return `${String(values['name'])} ${String(values['purpose'])}${asked}`;
      }),
    ),
    ...compareBuckets(made),
  ];
}

function compareBuckets(made: Made): readonly string[] {
  const buckets = of(made, 'google_storage_bucket');
  const open = buckets
    .filter(
      ({ values }) =>
        values['uniform_bucket_level_access'] !== true ||
        values['public_access_prevention'] !== 'enforced',
    )
    .map(({ values }) => `too much: bucket ${String(values['name'])} may be opened to the public`);
  const artifacts = buckets.find(
    ({ values }) => values['name'] === `${P}-${BUCKETS.artifacts.suffix}`,
  );
  const rules = ((artifacts?.values['lifecycle_rule'] ?? []) as Values[]).map((rule) => {
    const condition = first(rule['condition']);
    return said([first(rule['action'])['type'], condition['matches_prefix'], condition['age']]);
  });
  const audit = buckets.find(({ values }) => values['name'] === `${P}-${BUCKETS.audit.suffix}`);
  const retention = first(audit?.values['retention_policy']);
  return [
    ...open,
    ...compared(
      'bucket',
      [BUCKETS.artifacts.suffix, BUCKETS.audit.suffix, 'rodex-source'].map(
        (suffix) => `${P}-${suffix}`,
      ),
      buckets.map(({ values }) => String(values['name'])),
    ),
    ...BUCKETS.artifacts.lifecycle
      .map(({ prefix, deleteAfterDays }) => said(['Delete', [prefix], deleteAfterDays]))
      .filter((rule) => !rules.includes(rule))
      .map((rule) => `lacking: rule ${rule} of the bucket of artifacts`),
    ...(retention['is_locked'] === true && retention['retention_period'] === 365 * 86_400
      ? []
      : ['lacking: the locked retention of the signed log']),
  ];
}

export interface Told {
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** Variables of each component, as applied. */
export function toldTo(made: Made, component: Component): Told {
  if (component === 'executor') {
    const [pool] = of(made, 'google_cloud_run_v2_worker_pool');
    const container = first(first(pool?.values['template'])['containers']);
    const rows = (container['env'] ?? []) as { name: string; value: string }[];
    return {
      variables: Object.fromEntries(rows.map(({ name, value }) => [name, value])),
      secrets: {},
    };
  }
  const found = of(made, 'google_cloudfunctions2_function').find(
    ({ values }) => values['name'] === `rodex-${component}`,
  );
  const service = first(found?.values['service_config']);
  const rows = (service['secret_environment_variables'] ?? []) as { key: string; secret: string }[];
  return {
    variables: (service['environment_variables'] ?? {}) as Record<string, string>,
    secrets: Object.fromEntries(rows.map(({ key, secret }) => [key, secret])),
  };
}

export function compareComponents(made: Made): readonly string[] {
  return [
    ...compared(
      'function',
      COMPONENTS.filter((name) => COMPONENT_SPECS[name].runs === 'function').map((name) => {
        const { timeoutSeconds, memoryMiB } = COMPONENT_SPECS[name];
        const ingress = name === 'api' ? 'ALLOW_ALL' : 'ALLOW_INTERNAL_ONLY';
        return said([`rodex-${name}`, name, timeoutSeconds, `${memoryMiB}Mi`, ingress]);
      }),
      of(made, 'google_cloudfunctions2_function').map(({ values }) => {
        const service = first(values['service_config']);
        return said([
          values['name'],
          first(values['build_config'])['entry_point'],
          service['timeout_seconds'],
          service['available_memory'],
          service['ingress_settings'],
        ]);
      }),
    ),
    ...COMPONENTS.flatMap((component) => compareVariables(made, component)),
  ];
}

function compareVariables(made: Made, component: Component): readonly string[] {
  const { environment, secrets } = COMPONENT_SPECS[component];
  const told = toldTo(made, component);
  const all = { ...told.variables, ...told.secrets };
  const takes = environment.map((name) => name.replace('?', ''));
  const lacking = environment.filter((name) => !name.endsWith('?') && !(name in all));
  const unasked = Object.keys(all).filter((name) => !takes.includes(name));
  const given = Object.entries(secrets).map(([name, secret]) =>
    said([name, secretIdOf(PLATFORM_TENANT, secret)]),
  );
  return [
    ...lacking.map((name) => `lacking: ${name} of ${component}`),
    ...unasked.map((name) => `too much: ${name} of ${component}`),
    ...compared(
      `secret of ${component}`,
      given,
      Object.entries(told.secrets).map((row) => said(row)),
    ),
  ];
}
