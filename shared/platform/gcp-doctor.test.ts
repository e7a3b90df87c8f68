import { beforeEach, describe, expect, it } from 'vitest';

import { deadLetterOf } from '../bus/pubsub-topology.ts';
import type { GcpConfig } from '../core/gcp-config.ts';
import { secretId } from '../secrets/secret-manager-secret-store.ts';
import { INDEXES } from '../state/firestore-indexes.ts';
import * as names from './gcp-names.ts';
import { examineProject } from './gcp-doctor.ts';
import type { GcpFinding } from './gcp-finding.ts';
import { grantsOf, SECRET_MAKER, type GrantPlace } from './gcp-grants.ts';
import { APIS, COMPONENTS, SECRETS, subscriptionsOf, TOPICS } from './gcp-topology.ts';

const P = 'acme-project';
const KEY = `projects/${P}/locations/l/keyRings/r/cryptoKeys/k`;
const config: GcpConfig = {
  projectId: P,
  databaseId: '(default)',
  bucket: 'acme-artifacts',
  auditBucket: 'acme-audit',
  push: undefined,
  kmsKey: KEY,
  kmsSigningKey: `${KEY}-sign/cryptoKeyVersions/1`,
  emulators: undefined,
};
const base = `https://firestore.googleapis.com/v1/projects/${P}/databases/(default)`;
/** Where Google keeps the policy of a place. */
function policyUrl({ kind, name }: GrantPlace): string {
  if (kind === 'topic' || kind === 'subscription')
    return `https://pubsub.googleapis.com/v1/projects/${P}/${kind}s/${name}:getIamPolicy`;
  if (kind === 'secret')
    return `https://secretmanager.googleapis.com/v1/projects/${P}/secrets/${name}:getIamPolicy`;
  if (kind === 'bucket') return `https://storage.googleapis.com/storage/v1/b/acme-${name}/iam`;
  if (kind === 'key')
    return `https://cloudkms.googleapis.com/v1/${name === 'checkpoints' ? `${KEY}-sign` : KEY}:getIamPolicy`;
  if (kind === 'account')
    return `https://iam.googleapis.com/v1/projects/${P}/serviceAccounts/${name}@${P}.iam.gserviceaccount.com:getIamPolicy`;
  return `https://cloudresourcemanager.googleapis.com/v1/projects/${P}:getIamPolicy`;
}

/** A project as the REST APIs would describe it, by URL without its query. */
function wholeProject(): Map<string, unknown> {
  const all = new Map<string, unknown>();
  const resources = 'https://cloudresourcemanager.googleapis.com/v1/projects';
  all.set(`${resources}/${P}`, { projectId: P });
  for (const api of APIS)
    all.set(`https://serviceusage.googleapis.com/v1/projects/${P}/services/${api}`, {
      state: 'ENABLED',
    });
  const pubsub = `https://pubsub.googleapis.com/v1/projects/${P}`;
  for (const topic of TOPICS) all.set(`${pubsub}/topics/${topic}`, {});
  for (const { topic, subscription, pushTo } of subscriptionsOf(['acme'])) {
    const dead = `${subscription}-dead`;
    for (const name of [topic, dead]) all.set(`${pubsub}/topics/${name}`, {});
    all.set(`${pubsub}/subscriptions/${dead}`, {});
    all.set(`${pubsub}/subscriptions/${subscription}`, {
      topic: `projects/${P}/topics/${topic}`,
      deadLetterPolicy: { deadLetterTopic: `projects/${P}/topics/${dead}` },
      pushConfig: pushTo ? { pushEndpoint: 'https://x.example' } : {},
    });
  }
  all.set(base, { type: 'FIRESTORE_NATIVE' });
  const group = (name: string): string => `${base}/collectionGroups/${name}`;
  all.set(`${base}/collectionGroups/-/indexes`, {
    indexes: INDEXES.indexes.map((index, at) => ({
      name: `${group(index.collectionGroup)}/indexes/${at}`,
      queryScope: index.queryScope,
      state: 'READY',
      fields: [...index.fields, { fieldPath: '__name__', order: 'ASCENDING' }],
    })),
  });
  all.set(`${base}/collectionGroups/-/fields`, {
    fields: INDEXES.fieldOverrides.map((field) => ({
      name: `${group(field.collectionGroup)}/fields/${field.fieldPath}`,
      ...(field.ttl && { ttlConfig: { state: 'ACTIVE' } }),
      indexConfig: {
        indexes: field.indexes.map(({ order, queryScope }) => ({
          queryScope,
          fields: [{ fieldPath: field.fieldPath, order }],
        })),
      },
    })),
  });
  for (const name of Object.values(SECRETS)) {
    const secret = `https://secretmanager.googleapis.com/v1/projects/${P}/secrets/${names.secretIdOf('platform', name)}`;
    all.set(secret, {});
    all.set(`${secret}/versions/1`, {});
  }
  for (const bucket of ['acme-artifacts', 'acme-audit'])
    all.set(`https://storage.googleapis.com/storage/v1/b/${bucket}`, {});
  for (const component of COMPONENTS)
    for (const { role, on } of grantsOf(component, ['acme'])) {
      const url = policyUrl(on);
      const { bindings = [] } = (all.get(url) ?? {}) as { bindings?: object[] };
      const binding = {
        role: role.startsWith('roles/') ? role : `projects/${P}/roles/${role}`,
        members: [`serviceAccount:rodex-${component}@${P}.iam.gserviceaccount.com`],
      };
      all.set(url, { bindings: [...bindings, binding] });
    }
  return all;
}

describe('the doctor of a Google Cloud project', () => {
  let project: Map<string, unknown>;
  beforeEach(() => {
    project = wholeProject();
  });
  const examine = async (): Promise<readonly GcpFinding[]> =>
    examineProject({
      config,
      tenants: ['acme'],
      ask: async (url) => {
        const body = project.get(url.replace(/\?.*$/, ''));
        return { status: body === undefined ? 404 : 200, body: body ?? null };
      },
    });
  const missing = async (): Promise<readonly GcpFinding[]> =>
    (await examine()).filter(({ state }) => state === 'missing');

  it('finds a whole project well', async () => {
    expect(await missing()).toEqual([]);
    expect((await examine()).length).toBeGreaterThan(30);
  });

  it('notices each thing that is taken away, alone, with a command that makes it', async () => {
    for (const url of wholeProject().keys()) {
      project = wholeProject();
      project.delete(url);
      const found = await missing();
      expect(found.length, url).toBeGreaterThan(0);
      for (const { cure } of found) expect(cure, url).toMatch(/gcloud /);
      if (/topics|subscriptions|secrets|storage/.test(url) && !/IamPolicy|iam$/.test(url)) {
        expect(found, url).toHaveLength(1);
        expect(found[0]?.cure).toContain(
          url
            .replace(/\/versions\/1$/, '')
            .split('/')
            .at(-1),
        );
      }
    }
  });

  it.each([
    [
      'a subscription of another topic',
      'subscriptions/rodex-steps',
      { topic: 'x/topics/other' },
      /delete rodex-steps/,
    ],
    [
      'a subscription without dead letters',
      'subscriptions/rodex-steps',
      { deadLetterPolicy: {} },
      /update rodex-steps .*--dead-letter-topic=rodex-steps-dead/,
    ],
    [
      'a push that goes nowhere',
      'subscriptions/rodex-plan',
      { pushConfig: {} },
      /--push-endpoint=URL_OF_PLANNER/,
    ],
    [
      'a database in another mode',
      'databases/(default)',
      { type: 'DATASTORE_MODE' },
      /--type=firestore-native/,
    ],
  ])('notices %s', async (_what, end, change, cure) => {
    const url = [...project.keys()].find((each) => each.endsWith(end)) ?? '';
    project.set(url, { ...(project.get(url) as object), ...change });
    const found = await missing();
    expect(found.map((each) => each.cure ?? '').join('\n')).toMatch(cure);
  });

  it('names each single role that is taken away, with its place and the command that gives it back', async () => {
    for (const component of COMPONENTS)
      for (const { role, on } of grantsOf(component, ['acme'])) {
        project = wholeProject();
        const url = policyUrl(on);
        const said = role.startsWith('roles/') ? role : `projects/${P}/roles/${role}`;
        const member = `serviceAccount:rodex-${component}@${P}.iam.gserviceaccount.com`;
        const { bindings } = project.get(url) as {
          bindings: { role: string; members: string[] }[];
        };
        project.set(url, {
          bindings: bindings.filter((each) => each.role !== said || !each.members.includes(member)),
        });
        const found = await missing();
        expect(found.map(({ name }) => name)).toEqual([`roles of ${component}`]);
        expect(found[0]?.detail).toContain(role);
        expect(found[0]?.cure).toMatch(/^gcloud [^;]*add-iam-policy-binding [^;]*$/);
        expect(found[0]?.cure).toContain(`--member=${member} --role=${said}`);
      }
  });

  it('takes a role on the whole project for the same role on its parts', async () => {
    const url = policyUrl({ kind: 'project', name: '' });
    for (const place of project.keys())
      if (/(topics|subscriptions)\/[^/]+:getIamPolicy/.test(place)) project.delete(place);
    const { bindings } = project.get(url) as { bindings: object[] };
    const members = COMPONENTS.map(
      (component) => `serviceAccount:rodex-${component}@${P}.iam.gserviceaccount.com`,
    );
    const roles = ['roles/pubsub.publisher', 'roles/pubsub.viewer', 'roles/pubsub.subscriber'];
    project.set(url, { bindings: [...bindings, ...roles.map((role) => ({ role, members }))] });
    expect(await missing()).toEqual([]);
  });

  it('grants on the project only what cannot be granted on less', () => {
    const whole = COMPONENTS.flatMap((component) => grantsOf(component, ['acme'])).filter(
      ({ on }) => on.kind === 'project',
    );
    expect(new Set(whole.map(({ role }) => role))).toEqual(
      new Set([
        SECRET_MAKER,
        'roles/telemetry.tracesWriter',
        'roles/telemetry.metricsWriter',
        'roles/serviceusage.serviceUsageConsumer',
      ]),
    );
  });

  it('names the very index and field that is lacking', async () => {
    project.set(`${base}/collectionGroups/-/indexes`, { indexes: [] });
    project.set(`${base}/collectionGroups/-/fields`, { fields: [] });
    const cures = (await missing()).map(({ cure }) => cure ?? '').join('\n');
    expect(cures).toContain(
      "gcloud firestore indexes composite create --collection-group=runs --query-scope=collection --field-config=field-path=status,order=ascending --field-config=field-path=createdAt,order=descending --database='(default)'",
    );
    expect(cures).toContain(
      "gcloud firestore indexes fields update 'status' --collection-group=runs --index=order=ascending,query-scope=collection --index=order=ascending,query-scope=collection-group",
    );
  });

  it('says names as the adapters do', () => {
    expect(names.deadLetterOf('x')).toBe(deadLetterOf('x'));
    expect(names.secretIdOf('a', 'b')).toBe(secretId('a', 'b'));
  });
});
