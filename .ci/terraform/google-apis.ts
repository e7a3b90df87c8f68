// What Google's REST APIs would answer about what was applied, by URL without its query.
import type { Applied, AppliedResource } from './apply-offline.ts';

type Values = Readonly<Record<string, unknown>>;

const P = 'acme-rodex';
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const first = (value: unknown): Values => ((value ?? []) as Values[])[0] ?? {};

/** Where the policy stands that a grant is part of. */
function policyUrl({ type, values }: AppliedResource): string | undefined {
  switch (type) {
    case 'google_project_iam_member':
      return `https://cloudresourcemanager.googleapis.com/v1/projects/${P}:getIamPolicy`;
    case 'google_pubsub_topic_iam_member':
      return `https://pubsub.googleapis.com/v1/projects/${text(values['project'])}/topics/${text(values['topic'])}:getIamPolicy`;
    case 'google_pubsub_subscription_iam_member':
      return `https://pubsub.googleapis.com/v1/projects/${P}/subscriptions/${text(values['subscription'])}:getIamPolicy`;
    case 'google_secret_manager_secret_iam_member':
      return `https://secretmanager.googleapis.com/v1/projects/${P}/secrets/${text(values['secret_id'])}:getIamPolicy`;
    case 'google_storage_bucket_iam_member':
      return `https://storage.googleapis.com/storage/v1/b/${text(values['bucket'])}/iam`;
    case 'google_kms_crypto_key_iam_member':
      return `https://cloudkms.googleapis.com/v1/${text(values['crypto_key_id'])}:getIamPolicy`;
    case 'google_service_account_iam_member':
      return `https://iam.googleapis.com/v1/${text(values['service_account_id'])}:getIamPolicy`;
    default:
      return undefined;
  }
}

function answerOf({ type, values }: AppliedResource): readonly [string, unknown] | undefined {
  const name = text(values['name']);
  switch (type) {
    case 'google_project_service':
      return [
        `https://serviceusage.googleapis.com/v1/projects/${P}/services/${text(values['service'])}`,
        { state: 'ENABLED' },
      ];
    case 'google_pubsub_topic':
      return [`https://pubsub.googleapis.com/v1/projects/${P}/topics/${name}`, {}];
    case 'google_pubsub_subscription':
      return [
        `https://pubsub.googleapis.com/v1/projects/${P}/subscriptions/${name}`,
        {
          topic: values['topic'],
          pushConfig: { pushEndpoint: first(values['push_config'])['push_endpoint'] },
          deadLetterPolicy: {
            deadLetterTopic: first(values['dead_letter_policy'])['dead_letter_topic'],
          },
        },
      ];
    case 'google_firestore_database':
      return [
        `https://firestore.googleapis.com/v1/projects/${P}/databases/${name}`,
        { type: values['type'] },
      ];
    case 'google_secret_manager_secret':
      return [
        `https://secretmanager.googleapis.com/v1/projects/${P}/secrets/${text(values['secret_id'])}`,
        {},
      ];
    case 'google_secret_manager_secret_version':
      return [`https://secretmanager.googleapis.com/v1/${text(values['secret'])}/versions/1`, {}];
    case 'google_storage_bucket':
      return [`https://storage.googleapis.com/storage/v1/b/${name}`, {}];
    default:
      return undefined;
  }
}

const GROUPS = `https://firestore.googleapis.com/v1/projects/${P}/databases/(default)/collectionGroups`;

function indexesOf(resources: readonly AppliedResource[]): readonly (readonly [string, unknown])[] {
  const of = (type: string): readonly AppliedResource[] =>
    resources.filter((resource) => resource.type === type);
  return [
    [
      `${GROUPS}/-/indexes`,
      {
        indexes: of('google_firestore_index').map(({ values }, at) => ({
          name: `${GROUPS}/${text(values['collection'])}/indexes/${at}`,
          queryScope: values['query_scope'],
          state: 'READY',
          fields: (values['fields'] as Values[]).map(({ field_path: fieldPath, order }) => ({
            fieldPath,
            order,
          })),
        })),
      },
    ],
    [
      `${GROUPS}/-/fields`,
      {
        fields: of('google_firestore_field').map(({ values }) => ({
          name: `${GROUPS}/${text(values['collection'])}/fields/${text(values['field'])}`,
          ...(values['ttl_config'] !== undefined && { ttlConfig: { state: 'ACTIVE' } }),
          indexConfig: {
            indexes: ((first(values['index_config'])['indexes'] ?? []) as Values[]).map(
              ({ order, query_scope: queryScope }) => ({
                queryScope,
                fields: [{ fieldPath: values['field'], order }],
              }),
            ),
          },
        })),
      },
    ],
  ];
}

export function answersAfter({ resources }: Pick<Applied, 'resources'>): Map<string, unknown> {
  const answers = new Map<string, unknown>([
    [`https://cloudresourcemanager.googleapis.com/v1/projects/${P}`, { projectId: P }],
    ...indexesOf(resources),
  ]);
  for (const resource of resources) {
    const answer = answerOf(resource);
    if (answer) answers.set(...answer);
    const url = policyUrl(resource);
    if (url === undefined) continue;
    const { bindings = [] } = (answers.get(url) ?? {}) as { bindings?: object[] };
    const { role, member } = resource.values;
    answers.set(url, { bindings: [...bindings, { role, members: [member] }] });
  }
  return answers;
}
