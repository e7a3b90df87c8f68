import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startGoogleRest } from '../../shared/testing/google-rest.ts';

const RODEX = resolve(import.meta.dirname, 'bin/rodex.mjs');
const P = 'acme-project';
const PROJECT = `cloudresourcemanager.googleapis.com/v1/projects/${P}`;
const BILLING = `cloudbilling.googleapis.com/v1/projects/${P}/billingInfo`;
const RIGHTS = `${PROJECT}:testIamPermissions`;
const QUOTAS = `serviceusage.googleapis.com/v1beta1/projects/${P}/services/run.googleapis.com/consumerQuotaMetrics`;
const bucket = (name: string): string => `storage.googleapis.com/storage/v1/b/${name}`;
const database = (name: string): string =>
  `firestore.googleapis.com/v1/projects/${P}/databases/${name}`;

const quota = (metric: string, limit: string, region?: string): object => ({
  metric,
  consumerQuotaLimits: [
    { quotaBuckets: [{ effectiveLimit: limit, ...(region && { dimensions: { region } }) }] },
  ],
});

/** Permissions are those that the command asks for: a stand-in grants what it is asked but what is left out here. */
const GRANTED = [
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
];

/** An empty project with billing, whose person may do everything. */
const EMPTY: readonly [string, object | number][] = [
  [PROJECT, { projectId: P, name: 'Acme', lifecycleState: 'ACTIVE' }],
  [BILLING, { billingEnabled: true, billingAccountName: 'billingAccounts/0X0X' }],
  [RIGHTS, { permissions: GRANTED }],
  [
    QUOTAS,
    {
      metrics: [
        quota('run.googleapis.com/cpu_allocation', '200000', 'us-central1'),
        quota('run.googleapis.com/mem_allocation', String(400 * 2 ** 30)),
      ],
    },
  ],
];

let home = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'rodex-plan-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const plan = async (
  changes: readonly [string, object | number][],
  words: readonly string[] = [],
): Promise<{ status: number; stdout: string; stderr: string }> => {
  await using google = await startGoogleRest(new Map([...EMPTY, ...changes]));
  return await new Promise((done) => {
    execFile(
      'node',
      [RODEX, 'deploy', 'plan', '--project', P, ...words],
      {
        env: {
          PATH: process.env['PATH'],
          HOME: home,
          RODEX_GOOGLE_APIS_EMULATOR_HOST: google.host,
        },
      },
      (error, stdout, stderr) => done({ status: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
};

describe('rodex deploy plan', () => {
  it('tells of an empty project what is right, what will exist and what it costs', async () => {
    const { status, stdout, stderr } = await plan([]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    for (const line of [
      /^✓ project +acme-project \(Acme\)$/m,
      /^✓ billing +0X0X$/m,
      /^✓ rights +all 18 that applying takes$/m,
      /^✓ quota of CPUs +28 vCPU of 200 vCPU in us-central1$/m,
      /^✓ names +acme-project-rodex-artifacts, .*\(free\)$/m,
      /^ {2}functions +rodex-api, rodex-planner, rodex-scheduler, rodex-triggers$/m,
      /^ {2}executors +worker pool rodex-executor: 1 to 5 of 2 vCPU, 4 GiB/m,
      /^ {19}now: nothing of it$/m,
      /^ +120 USD {2}a month with nothing to do$/m,
      /^ +8\.3 USD {2}1,000 runs of ten steps, beside that$/m,
      /terraform apply/,
    ])
      expect(stdout).toMatch(line);
    // Nothing that is merely to be made by Terraform is called an error.
    expect(stdout).not.toContain('✗');
  });

  it.each([
    ['no project', [PROJECT, 403], 'project', /gcloud projects create acme-project/],
    [
      'a project on its way out',
      [PROJECT, { lifecycleState: 'DELETE_REQUESTED' }],
      'project',
      /undelete/,
    ],
    ['no billing', [BILLING, {}], 'billing', /gcloud billing projects link acme-project/],
    [
      'a right that is lacking',
      [RIGHTS, { permissions: GRANTED.slice(1) }],
      'rights',
      /roles\/owner/,
    ],
    [
      'a quota that is too small',
      [QUOTAS, { metrics: [quota('run.googleapis.com/cpu_allocation', '20000', 'us-central1')] }],
      'quota of CPUs',
      /fewer --executors/,
    ],
    [
      'a bucket of somebody else',
      [bucket('acme-project-rodex-audit'), 403],
      'names',
      /bucket_prefix/,
    ],
    [
      'a database in another mode',
      [database('(default)'), { type: 'DATASTORE_MODE' }],
      'database',
      /firestore_database/,
    ],
  ] as const)('refuses %s, with the cure', async (_what, change, name, cure) => {
    const { status, stdout } = await plan([change as [string, object | number]], ['--json']);
    expect(status).toBe(8);
    const { ready, findings } = JSON.parse(stdout) as {
      ready: boolean;
      findings: { name: string; state: string; cure?: string }[];
    };
    expect(ready).toBe(false);
    const missing = findings.filter(({ state }) => state === 'missing');
    expect(missing.map((each) => each.name)).toEqual([name]);
    expect(missing[0]?.cure).toMatch(cure);
  });

  it('takes what cannot be looked at for a note, not for an error', async () => {
    const { status, stdout } = await plan([
      [BILLING, 403],
      [QUOTAS, 403],
    ]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^! billing +cannot be looked at \(403\)\n +→ gcloud billing/m);
    expect(stdout).toMatch(/^! quotas +cannot be looked at \(403\)\n +→ gcloud services enable/m);
  });

  it('counts what it is told to count', async () => {
    const words = ['--warm', '3', '--executors', '9', '--runs', '5000', '--json'];
    const { stdout } = await plan([], words);
    const told = JSON.parse(stdout) as { idle: { usd: number }[]; runs: { count: number } };
    expect(told.runs.count).toBe(5_000);
    expect(told.idle[0]?.usd).toBeCloseTo(342.1, 0);
  });

  it.each([
    [['--region', 'us-central1-a'], /a region is written like us-central1/],
    [['--warm', '9', '--executors', '2'], /no more than --executors 2/],
  ])('refuses %s', async (words, message) => {
    const { status, stderr } = await plan([], words);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});
