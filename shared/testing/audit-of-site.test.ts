import { expect, it } from 'vitest';

import { Action } from '../contracts/action.ts';
import { AuditedTenant, runId } from '../journal/__fixtures__/audited-tenant.ts';
import { auditAgainstSite } from './audit-of-site.ts';

it('holds the log against the ledger of the site', async () => {
  const tenant = new AuditedTenant();
  const { audited } = tenant;
  const journal = await tenant.start(1);
  const commit = (stepId: string, acted: boolean, end: 'known' | 'unknown' = 'known') =>
    journal.append(() => [
      {
        type: 'step.intent',
        leaseEpoch: 0,
        planEpoch: 1,
        stepId,
        action: Action.parse({ action: 'click', target: 'e1' }),
        decision: { verdict: 'allow', effect: 'commit', reasons: ['named'] },
      },
      end === 'known'
        ? {
            type: 'step.ended',
            leaseEpoch: 0,
            stepId,
            outcome: { status: 'done', acted, changed: {}, artifacts: [], ms: {} },
          }
        : { type: 'step.uncertain', leaseEpoch: 0, stepId, reason: 'it was killed' },
    ]);
  await commit('1-1', false);
  expect(await auditAgainstSite(audited, 'local', ['REF-1'])).toEqual([
    'the site has 1 lines for REF-1, the log 0 acted commits',
  ]);
  await commit('1-2', true);
  expect(await auditAgainstSite(audited, 'local', ['REF-1'])).toEqual([]);
  expect(await auditAgainstSite(audited, 'local', ['REF-1', 'REF-1'])).toHaveLength(1);
  expect(await auditAgainstSite(audited, 'local', [])).toEqual([
    `${runId(1)}: 1 acted commits, and the site has no line for any of its inputs`,
  ]);
  // A commit whose outcome nobody knows may have a line, but no two.
  await commit('1-3', true, 'unknown');
  expect(await auditAgainstSite(audited, 'local', ['REF-1'])).toEqual([]);
  expect(await auditAgainstSite(audited, 'local', ['REF-1', 'REF-1'])).toEqual([]);
  expect(await auditAgainstSite(audited, 'local', ['REF-1', 'REF-1', 'REF-1'])).toEqual([
    'the site has 3 lines for REF-1, the log 1 acted commits and 1 that nobody knows of',
  ]);
});
