import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { readConfig } from '../../shared/core/config.ts';
import { NEVER_LOGGED } from '../../shared/core/logger.ts';
import { COMPONENT_SPECS, COMPONENTS } from '../../shared/platform/gcp-topology.ts';
import { readApplied, type Applied, type AppliedResource } from './apply-offline.ts';
import { compareGrants } from './compare-grants.ts';
import {
  compareComponents,
  compareFirestore,
  compareMessages,
  compareThings,
  toldTo,
} from './compare-made.ts';
import { digestOfSources, ROOT } from './sources.mjs';

const applied = readApplied();
const compareAll = (made: Pick<Applied, 'resources'>): readonly string[] =>
  [compareGrants, compareMessages, compareFirestore, compareThings, compareComponents].flatMap(
    (compare) => compare(made),
  );
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Types whose every resource follows from the code: one that is taken away or added must be noticed. */
const COMPARED =
  /_iam_member$|^google_(pubsub_(topic|subscription)|firestore_(index|field)|project_service|project_iam_custom_role|secret_manager_secret(_version)?|kms_crypto_key|storage_bucket|cloudfunctions2_function)$/;

const changed = (
  resource: AppliedResource,
  values: Readonly<Record<string, unknown>>,
): Pick<Applied, 'resources'> => ({
  resources: applied.resources.map((each) => (each === resource ? { ...each, values } : each)),
});

/** The same value, but another. */
function another(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string') return `${value}x`;
  if (Array.isArray(value)) return value.map(another);
  return Object.fromEntries(
    Object.entries(value as object).map(([name, each]) => [name, another(each)]),
  );
}

/** What names or describes, and what Google fills. */
const FREE = new Set(['id', 'labels', 'description', 'title', 'display_name', 'project']);
const UNSAID: Readonly<Record<string, readonly string[]>> = {
  google_project_service: ['disable_on_destroy'],
  google_project_iam_custom_role: ['name'],
  google_pubsub_subscription: ['message_retention_duration'],
  google_secret_manager_secret: ['replication'],
  google_secret_manager_secret_version: ['secret_data_wo_version', 'version'],
  google_kms_crypto_key: ['destroy_scheduled_duration', 'key_ring', 'rotation_period'],
  google_storage_bucket: [
    'force_destroy',
    'location',
    'retention_policy',
    'soft_delete_policy',
    'storage_class',
    'versioning',
    'lifecycle_rule',
  ],
  google_firestore_index: ['database'],
  google_firestore_field: ['database'],
  google_cloudfunctions2_function: ['location'],
};

describe('Terraform, as it is applied, and the code', () => {
  it('was applied since anything that it follows from changed', () => {
    expect(applied.digest, 'run `node .ci/terraform/apply-offline.ts`, which needs terraform').toBe(
      digestOfSources(),
    );
  });

  it('grants, makes and says all that the code needs, and nothing more', () => {
    expect(compareAll(applied)).toEqual([]);
    expect(applied.resources.length).toBeGreaterThan(200);
  });

  const compared = applied.resources.filter(({ type }) => COMPARED.test(type));

  it('notices each single thing that is taken away', () => {
    expect(compared.length).toBeGreaterThan(150);
    for (const resource of compared) {
      const resources = applied.resources.filter((each) => each !== resource);
      expect(compareAll({ resources }).join(), resource.address).toMatch(/lacking: /);
    }
  });

  it('notices each single thing that is added', () => {
    for (const resource of compared) {
      const values = { ...resource.values, ...(another(resource.values) as object) };
      const resources = [...applied.resources, { ...resource, values }];
      expect(compareAll({ resources }).join(), resource.address).toMatch(/too much: /);
    }
  });

  it('notices each value that is another', () => {
    for (const resource of compared)
      for (const [name, value] of Object.entries(resource.values)) {
        if (FREE.has(name) || UNSAID[resource.type]?.includes(name)) continue;
        if (resource.type.endsWith('_iam_member') && name === 'location') continue;
        // An empty block has no other value.
        if (JSON.stringify(another(value)) === JSON.stringify(value)) continue;
        const values = { ...resource.values, [name]: another(value) };
        expect(compareAll(changed(resource, values)), `${resource.address} ${name}`).not.toEqual(
          [],
        );
      }
  });

  it.each([
    ['a grant to everybody', 'google_pubsub_topic_iam_member', { member: 'allUsers' }],
    ['a wider role', 'google_storage_bucket_iam_member', { role: 'roles/storage.admin' }],
    ['a grant without its condition', 'google_project_iam_member', { condition: undefined }],
    ['a role of the whole project', 'google_project_iam_member', { role: 'roles/editor' }],
    ['a binding, which takes from others', 'google_project_iam_binding', {}],
    ['a key for an account', 'google_kms_crypto_key_iam_member', { role: 'roles/owner' }],
    [
      'a bucket without its protection',
      'google_storage_bucket',
      { public_access_prevention: 'inherited' },
    ],
    [
      'an audit bucket that is not locked',
      'google_storage_bucket',
      { retention_policy: [{ retention_period: 1 }] },
    ],
  ])('notices %s', (_what, type, change) => {
    const like = applied.resources.find(
      ({ type: each, values }) =>
        each === type.replace('_binding', '_member') &&
        (!('condition' in change) || values['condition'] !== undefined) &&
        (!('retention_policy' in change) || values['retention_policy'] !== undefined),
    );
    expect(like).toBeDefined();
    if (!like) return;
    const values = { ...like.values, ...change };
    const resources = [
      ...applied.resources.filter((each) => each !== like),
      { ...like, type, values },
    ];
    expect(compareAll({ resources })).not.toEqual([]);
  });

  it('tells each component what the code reads, in words that it takes', () => {
    for (const component of COMPONENTS) {
      const { variables, secrets } = toldTo(applied, component);
      const values = Object.keys(secrets).map((name) => [name, 'x'.repeat(64)]);
      const config = readConfig({ ...variables, ...Object.fromEntries(values) });
      expect(config.platform).toBe('gcp');
      expect(config.gcp).toMatchObject({
        projectId: 'acme-rodex',
        bucket: 'acme-rodex-rodex-artifacts',
      });
      expect(config.gcp?.kmsKey).toMatch(/cryptoKeys\/run-keys$/);
      const isPushed = COMPONENT_SPECS[component].environment.includes('RODEX_PUSH_AUDIENCE');
      expect(config.gcp?.push?.audience).toBe(
        isPushed ? `https://rodex-${component}-123456789012.us-central1.run.app` : undefined,
      );
    }
  });

  it('notices a variable that is lacking, and one that nobody reads', () => {
    for (const component of COMPONENTS) {
      const mutate = (change: (variables: Record<string, string>) => void): readonly string[] => {
        const copy = structuredClone(applied.resources) as AppliedResource[];
        const { variables } = toldTo({ resources: copy }, component);
        const service = copy.find(
          ({ type, values }) =>
            /(function|worker_pool)$/.test(type) && values['name'] === `rodex-${component}`,
        );
        const own = { ...variables };
        change(own);
        if (component === 'executor') {
          const [template] = (service?.values['template'] ?? []) as {
            containers: { env: unknown }[];
          }[];
          const env = Object.entries(own).map(([name, value]) => ({ name, value }));
          Object.assign(template?.containers[0] ?? {}, { env });
        } else {
          const [config] = (service?.values['service_config'] ?? []) as object[];
          Object.assign(config ?? {}, { environment_variables: own });
        }
        return compareAll({ resources: copy });
      };
      expect(mutate(() => undefined)).toEqual([]);
      expect(mutate((own) => void (own['RODEX_SITE_SEED'] = '1'))).toEqual([
        `too much: RODEX_SITE_SEED of ${component}`,
      ]);
      for (const name of COMPONENT_SPECS[component].environment) {
        if (name.endsWith('?') || name in COMPONENT_SPECS[component].secrets) continue;
        expect(mutate((own) => void delete own[name])).toEqual([
          `lacking: ${name} of ${component}`,
        ]);
      }
    }
  });

  it('leaves no variable of the code without a component, or a reason', () => {
    const source = read('shared/core/config.ts') + read('shared/core/gcp-config.ts');
    const known = new Set(
      [...source.matchAll(/^ {2}([A-Z][A-Z0-9_]+): /gm)].map(([, name]) => name),
    );
    expect(known.size).toBeGreaterThan(40);
    const told = new Set(
      COMPONENTS.flatMap((name) => COMPONENT_SPECS[name].environment).map((name) =>
        name.replace('?', ''),
      ),
    );
    expect([...known].filter((name) => !told.has(name ?? '')).toSorted()).toEqual(LOCAL.toSorted());
    expect([...told].filter((name) => !known.has(name))).toEqual([]);
  });

  it('keeps out of the logs what the logger keeps out', () => {
    const sink = applied.resources.find(({ type }) => type === 'google_logging_project_sink');
    const [payloads] = (sink?.values['exclusions'] ?? []) as { filter: string }[];
    const fields = [...(payloads?.filter ?? '').matchAll(/jsonPayload\.(\w+):\*/g)].map(
      ([, name]) => name,
    );
    expect(fields).toEqual([...NEVER_LOGGED]);
  });

  it('asks in alerts and charts for metrics that there are', () => {
    const documented = new Set(
      [...read('docs/architecture/telemetry.md').matchAll(/`(rodex(?:\.[a-z]+)+)`/g)].map(
        ([, name]) => name,
      ),
    );
    const asked = applied.resources
      .filter(({ type }) => type.startsWith('google_monitoring_'))
      .flatMap(({ values }) => [...JSON.stringify(values).matchAll(/rodex(?:\.[a-z_]+)+/g)])
      .map(([name]) => name.replace(/_(count|bucket|sum)$/, ''))
      .filter((name) => !name.endsWith('.example'));
    expect(new Set(asked).size).toBeGreaterThan(8);
    for (const name of asked) expect(documented, name).toContain(name);
  });
});

/** Of one machine: of the command line, of browsers with a window, of emulators; and what the image or the runtime sets. */
const LOCAL = [
  'DISPLAY',
  'FIRESTORE_EMULATOR_HOST',
  'FUNCTION_TARGET',
  'GEMINI_BASE_URL',
  'PORT',
  'PUBSUB_EMULATOR_HOST',
  'RODEX_API_KEY',
  'RODEX_CACHE_DIR',
  'RODEX_CHROMIUM_PATH',
  'RODEX_CONTEXT',
  'RODEX_DATA_DIR',
  'RODEX_GOOGLE_APIS_EMULATOR_HOST',
  'RODEX_SECRET_MANAGER_EMULATOR_HOST',
  'RODEX_SITE_SEED',
  'RODEX_URL',
  'STORAGE_EMULATOR_HOST',
  'WAYLAND_DISPLAY',
  'XAUTHORITY',
  'XDG_RUNTIME_DIR',
];
