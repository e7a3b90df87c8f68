import { verifyRunLog } from '../../../shared/audit/verify-run-log.ts';
import { AuditVerdict } from '../../../shared/contracts/problem.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { may } from '../../../shared/policy/roles.ts';
import type { StateStore } from '../../../shared/state/state-store.ts';
import { route, type Route } from '../route.ts';
import { contentOf, readRun, RunParams } from './run-parameters.ts';

async function verdictOf(
  store: StateStore,
  tenantId: string,
  runId: string,
): Promise<AuditVerdict> {
  const verdict = await verifyRunLog(store, tenantId, runId);
  if (verdict.ok)
    return {
      verified: true,
      entries: verdict.entries,
      headHash: verdict.headHash,
      message: 'every entry follows from the one before',
    };
  return {
    verified: false,
    entries: 0,
    ...('seq' in verdict && { seq: verdict.seq }),
    damage: verdict.damage,
    message: verdict.message,
  };
}

export const AUDIT_ROUTES: readonly Route[] = [
  route({
    operationId: 'auditRun',
    method: 'get',
    path: '/v1/runs/{runId}/audit',
    tag: 'audit',
    summary: 'Verify the log of a run',
    description: 'Of runs that you started; auditors and admins verify those of all.',
    access: 'audit.own',
    params: RunParams,
    replies: { 200: { description: 'The verdict', body: AuditVerdict } },
    reads: (call) => contentOf(call),
    handle: async ({ deps, identity, tenantId, params: { runId } }) => {
      const { data: run } = await readRun(deps.store, tenantId, runId);
      if (run.requestedBy !== identity.principal && !may(identity, 'audit.all'))
        throw new AppError(
          'permission_denied',
          `run ${runId} is not yours: auditors and admins verify the runs of others`,
        );
      return { body: await verdictOf(deps.store, tenantId, runId) };
    },
  }),
];
