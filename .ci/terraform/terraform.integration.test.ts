import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from '@cdktf/hcl2json';
import { describe, expect, it } from 'vitest';

import { appliedWith, applyOffline, readApplied, type OfflineOptions } from './apply-offline.ts';
import { digestOfSources, ROOT, terraformFiles } from './sources.mjs';

const isHere = spawnSync('terraform', ['version'], { stdio: 'ignore' }).status === 0;

const KEY = 'a-key-that-must-not-be-seen';
const minimal = { project: 'acme-rodex', admins: ['a@b.example'], gemini_api_key: KEY };

function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`nothing to change: ${from}`);
  return text.replace(from, () => to);
}

type Case = readonly [string, Readonly<Record<string, unknown>>, RegExp];

const WRONG: readonly Case[] = [
  ['a name for an id', { project: 'My Project' }, /A project id has 6 to 30/],
  ['a zone for a region', { region: 'us-central1-a' }, /is a zone/],
  ['a database that cannot be called so', { firestore_database: 'A' }, /A database is called/],
  ['labels with capitals', { labels: { App: 'x' } }, /Labels have lower-case/],
  ['the tenant platform', { tenant: 'platform' }, /is not called platform/],
  [
    'run requests of everybody',
    { tenants: { a: { publishers: ['allUsers'] } } },
    /allUsers is not taken/,
  ],
  ['a topic by its short name', { reply_topics: ['x'] }, /named in full/],
  ['nobody as admin', { admins: [] }, /At least one e-mail/],
  [
    'an origin with a path',
    { cors_origins: ['https://a.example/'] },
    /An origin is a scheme and a host/,
  ],
  ['a URL for a host', { api_host_names: ['https://a'] }, /has no scheme/],
  ['another ingress', { api_ingress: 'ALL' }, /ALLOW_INTERNAL_AND_GCLB/],
  ['an empty key', { gemini_api_key: ' ' }, /A key is not empty/],
  ['a model with its folder', { gemini_model: 'models/x' }, /without models/],
  ['settings of nothing', { settings: { site: {} } }, /Components are api/],
  ['a function that is none', { functions: { executor: {} } }, /Functions are api/],
  ['less at most than at least', { functions: { api: { min: 3, max: 2 } } }, /not below min/],
  ['another way to scale', { executors: { scaling: 'CPU' } }, /AUTOMATIC or MANUAL/],
  ['no warm executor', { executors: { min: 0 } }, /One executor stays warm/],
  [
    'memory that the CPUs do not take',
    { executors: { cpu: 1, memory_mib: 8192 } },
    /4096 MiB a CPU/,
  ],
  ['another stage', { executors: { launch_stage: 'ALPHA' } }, /GA or BETA/],
  ['too many slots', { executors: { slots: 65 } }, /1 to 64 slots/],
  ['a range that is too small', { egress_cidr: '10.0.0.0/29' }, /two addresses for each/],
  [
    'a host without a port',
    { private_hosts: ['a.example'], private_ranges: ['10.0.0.0/24'] },
    /host:port/,
  ],
  ['the metadata server', { private_ranges: ['169.254.169.254/32'] }, /never opened/],
  ['artifacts of no day', { artifact_days: 0 }, /One day or more/],
  ['no retention', { audit_retention_days: 0 }, /1 to 36500 days/],
  ['backups for ever', { backup_days: 99 }, /1 to 98 days/],
  ['logs of no day', { log_days: 0 }, /1 to 3650 days/],
  ['another place for keys', { key_protection: 'VAULT' }, /SOFTWARE or HSM/],
  ['another severity', { log_level: 'trace' }, /debug, info, warn or error/],
  ['a share above one', { trace_sampling: 2 }, /0 to 1/],
  ['nobody to tell', { alert_emails: ['x'] }, /Each is an e-mail/],
  ['a billing account by name', { billing_account: 'Acme' }, /012345-6789AB-CDEF01/],
  ['a budget in words', { budget: { currency: 'dollars' } }, /a currency such as USD/],
];

const failure = async (options: Partial<OfflineOptions>): Promise<string> =>
  applyOffline({ variables: minimal, ...options }).then(
    () => 'it passed',
    (error: unknown) => String(error).replaceAll(/\s+/g, ' '),
  );

/** Not a skip: what would be applied is kept, and compared with the code by the tests beside this one. */
const nowhere = (_name: string, _options: object, _tests: () => void): void =>
  it('terraform is missing here: applied.json stands for it, and is of these sources', () => {
    expect(readApplied().digest).toBe(digestOfSources());
  });

(isHere ? describe : nowhere)(
  'terraform, against stand-ins of its providers',
  { timeout: 120_000 },
  () => {
    it('applies what stands in applied.json, and then has nothing left to do', async () => {
      const { resources, outputs } = await applyOffline({ variables: appliedWith() });
      const known = readApplied();
      expect(resources).toEqual(known.resources);
      expect(outputs).toEqual(known.outputs);
    });

    it('applies with three variables, and makes then no budget, no policy and no hole in the wall', async () => {
      const { resources } = await applyOffline({ variables: minimal });
      const types = new Set(resources.map(({ type }) => type));
      expect(types).toContain('google_cloud_run_v2_worker_pool');
      expect(types).not.toContain('google_billing_budget');
      expect(types).not.toContain('google_binary_authorization_policy');
      expect(resources.filter(({ type }) => type === 'google_compute_firewall')).toHaveLength(4);
    });

    it('applies without telemetry: no roles for it, no alerts by it', async () => {
      const { resources } = await applyOffline({ variables: { ...minimal, telemetry: false } });
      const text = JSON.stringify(resources);
      expect(text).not.toContain('roles/telemetry');
      expect(text).not.toContain('rodex.runs.open');
      expect(text).toContain('"RODEX_TELEMETRY":"off"');
    });

    it('applies the example of variables, and with a tenant more only adds', async () => {
      const example = readFileSync(join(ROOT, 'terraform/terraform.tfvars.example'), 'utf8');
      const given = (await parse('example.tf', example)) as Record<string, unknown>;
      const variables = { ...given, gemini_api_key: KEY };
      expect(Object.keys(given).length).toBeGreaterThan(10);
      const tenants = { ...(given['tenants'] as object), beta: {} };
      const { resources, changes } = await applyOffline({
        variables,
        next: { ...variables, tenants },
      });
      expect(resources.length).toBeGreaterThan(200);
      expect(changes.length).toBeGreaterThan(5);
      for (const change of changes) expect(change).toMatch(/^create .*rodex-runs-beta/);
    });

    it('writes another key where its number was raised, and gives it to the planner alone', async () => {
      const { changes } = await applyOffline({
        variables: minimal,
        next: { ...minimal, gemini_api_key: 'another-key', gemini_api_key_version: 2 },
      });
      expect(changes).toEqual([
        'create+delete module.secrets.google_secret_manager_secret_version.gemini_api_key',
        'update module.function["planner"].google_cloudfunctions2_function.this',
      ]);
    });

    it('applies each example of an environment as it stands', async () => {
      const folders = terraformFiles().flatMap(
        (path) => /environments\/[^/]+/.exec(path)?.[0] ?? [],
      );
      expect(new Set(folders).size).toBeGreaterThan(0);
      for (const folder of new Set(folders)) {
        const { resources } = await applyOffline({ variables: { gemini_api_key: KEY }, folder });
        expect(resources.length).toBeGreaterThan(200);
      }
    });

    it('says what is wrong with each value that is wrong', async () => {
      // As many at once as are of different variables: Terraform names them all.
      const rounds: Case[][] = [];
      for (const each of WRONG) {
        const names = Object.keys(each[1]);
        const free = rounds.find((round) =>
          round.every(([, change]) => names.every((name) => !(name in change))),
        );
        if (free) free.push(each);
        else rounds.push([each]);
      }
      for (const round of rounds) {
        const changes = round.map(([, change]) => change);
        const said = await failure({
          variables: Object.assign({ ...minimal }, ...changes) as object as Record<string, unknown>,
        });
        for (const [what, , wanted] of round) expect(said, what).toMatch(wanted);
      }
    });

    it('says which settings nobody reads, and which wall is closed', async () => {
      const settings = {
        api: { GEMINI_MODEL: 'x' },
        planner: { GEMINI_MODEL: 'x', GEMINI_API_KEY: 'x' },
      };
      const said = await failure({
        variables: { ...minimal, settings, private_hosts: ['a.example:1'] },
      });
      expect(said).toMatch(
        /does not take.*api: GEMINI_MODEL.*planner: GEMINI_API_KEY, planner: GEMINI_MODEL/,
      );
      expect(said).toMatch(/the firewall is not/);
    });

    it('says how to get a bundle that is not there', async () => {
      expect(await failure({ bundles: ['api'] })).toMatch(
        /There is no bundle of (planner|scheduler|triggers) .*npm run bundle/,
      );
    });

    it.each([
      [
        'words for a number',
        'terraform/modules/messages/main.tf',
        'each.value.ackDeadlineSeconds',
        '"soon"',
        /a number is required/,
      ],
      [
        'a loop over what is not known yet',
        'terraform/modules/function/main.tf',
        'for_each = var.invokers',
        'for_each = toset(values(var.invokers))',
        /cannot be determined until apply/,
      ],
      [
        'a circle',
        'terraform/main.tf',
        'apis    = local.topology.apis',
        'apis    = [module.firestore.database]',
        /Cycle:/,
      ],
      [
        'a secret where it would be kept',
        'terraform/modules/secrets/main.tf',
        'secret_data_wo         = var.gemini_api_key',
        'secret_data            = var.gemini_api_key',
        /Ephemeral values are not valid/,
      ],
      [
        'a secret as a variable',
        'terraform/environment.tf',
        'var.gemini_model',
        'var.gemini_api_key',
        /Ephemeral value not allowed/,
      ],
    ])('is itself not passed by %s', async (_what, file, from, to, said) => {
      const change = (path: string, text: string): string =>
        path === file ? replaced(text, from, to) : text;
      expect(await failure({ change })).toMatch(said);
    });

    it('reads every file of the folder', () => {
      const { stdout } = spawnSync('git', ['ls-files', 'terraform/*.tf'], {
        cwd: ROOT,
        encoding: 'utf8',
      });
      const tracked = stdout.split('\n').filter((path) => path !== '');
      expect(terraformFiles()).toEqual(expect.arrayContaining(tracked));
    });
  },
);
