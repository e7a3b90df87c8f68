import { expect, it } from 'vitest';

import { readConfig } from '../../shared/core/config.ts';
import { examineProject } from '../../shared/platform/gcp-doctor.ts';
import type { GcpFinding } from '../../shared/platform/gcp-finding.ts';
import { readApplied, type Applied } from './apply-offline.ts';
import { toldTo } from './compare-made.ts';
import { answersAfter } from './google-apis.ts';

const applied = readApplied();
const { gcp } = readConfig(toldTo(applied, 'scheduler').variables);

async function missingAfter(made: Pick<Applied, 'resources'>): Promise<readonly GcpFinding[]> {
  const answers = answersAfter(made);
  if (!gcp) throw new Error('the scheduler is told of no project');
  const findings = await examineProject({
    config: gcp,
    tenants: ['acme', 'beta'],
    ask: async (url) => {
      const body = answers.get(url.replace(/\?.*$/, ''));
      return { status: body === undefined ? 404 : 200, body: body ?? null };
    },
  });
  expect(findings.length).toBeGreaterThan(40);
  return findings.filter(({ state }) => state === 'missing');
}

it('the doctor finds nothing missing in a project that Terraform made', async () => {
  expect(await missingAfter(applied)).toEqual([]);
});

it('the doctor misses each thing of these that Terraform would not make', async () => {
  const looked =
    /^google_(project_service|pubsub_(topic|subscription)|firestore_(index|field)|secret_manager_secret(_version)?)$/;
  const grants = /^module\.access\..*iam_member\.(?!replies)/;
  const things = applied.resources.filter(
    ({ type, address }) => looked.test(type) || grants.test(address),
  );
  expect(things.length).toBeGreaterThan(120);
  for (const thing of things) {
    const resources = applied.resources.filter((each) => each !== thing);
    expect((await missingAfter({ resources })).length, thing.address).toBeGreaterThan(0);
  }
});
