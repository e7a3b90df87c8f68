import { z } from 'zod';

import { runPath, tenantPolicyPath, treeCursorPath } from '../contracts/paths.ts';
import type { Run, RunRequest } from '../contracts/run.ts';
import type { StartRunRequest } from '../contracts/start-run.ts';
import { TaskContract } from '../contracts/task-contract.ts';
import { TenantPolicy } from '../contracts/tenant-policy.ts';
import { digestOfJson } from '../core/digest.ts';
import { AppError } from '../core/errors.ts';
import { deterministicId, randomId } from '../core/ids.ts';
import { RunJournal, type JournalDeps } from '../journal/run-journal.ts';
import { assertMayShow } from '../policy/origins.ts';
import { checkContract, underFloor } from '../policy/tenant-floor.ts';
import { assertWithinQuotas } from './quotas.ts';
import { resolveTemplate } from './resolve-template.ts';
import { tenantSettings } from './tenant-settings.ts';

export interface Starter {
  readonly tenantId: string;
  /** Who the run belongs to. */
  readonly actor: string;
  /** The same key gives the same run. */
  readonly idempotencyKey?: string;
  /** The same trigger gives the same run: an id that follows from it. */
  readonly runId?: string;
}

/** The contract that a request stands for: its own, or one that allows the origin of its URL only. */
function contractOf(request: RunRequest): TaskContract {
  if (request.contract) return request.contract;
  return TaskContract.parse({ navigate: [new URL(request.url ?? '').origin] });
}

/** A schema that the checker does not understand is found out now, not after the work is done. */
function assertUsable(schema: TaskContract['outputSchema']): void {
  if (schema === undefined) return;
  try {
    z.fromJSONSchema(schema);
  } catch (error) {
    throw new AppError(
      'invalid_request',
      `contract.outputSchema: ${AppError.from(error).message}; use JSON Schema without "not", "if" and outside references`,
      { cause: error },
    );
  }
}

/** The contract under the tenant's floor, which no request loosens. */
async function frozen(
  { store }: Pick<JournalDeps, 'store'>,
  tenantId: string,
  contract: TaskContract,
): Promise<TaskContract> {
  checkContract(contract);
  const floor = await store.get(tenantPolicyPath(tenantId));
  return underFloor(contract, floor && TenantPolicy.parse(floor.data));
}

/** The contract that a run of this request has, under the tenant's policy. Throws when no run could come of it: templates and schedules ask too. */
export async function contractFor(
  deps: Pick<JournalDeps, 'store' | 'clock'>,
  tenantId: string,
  request: RunRequest,
): Promise<TaskContract> {
  const contract = await frozen(deps, tenantId, contractOf(request));
  if (request.url !== undefined) assertMayShow(contract, request.url);
  assertUsable(contract.outputSchema);
  if (contract.deadline !== undefined && Date.parse(contract.deadline) <= deps.clock.nowMs())
    throw new AppError(
      'invalid_request',
      `contract.deadline: ${contract.deadline} is over; give a time to come`,
    );
  for (const probe of contract.probes)
    if (!probe.url.includes('{{')) assertMayShow(contract, probe.url);
  return contract;
}

type Compared = Pick<Run, 'goal' | 'url' | 'inputs' | 'contract'>;

function assertSame(run: Compared, asked: Compared): void {
  const digest = ({ goal, url, inputs, contract }: Compared): string =>
    digestOfJson({ goal, url: url ?? null, inputs, contract });
  if (digest(run) !== digest(asked))
    throw new AppError(
      'invalid_request',
      'that idempotency key was used with another request; use a new key',
    );
}

/**
 * Accepts a run: durable before it resolves. With an idempotency key the same key gives the same run; the same key with another
 * request is `invalid_request`. Errors besides: `origin_refused` when the URL is outside the contract or the contract outside the tenant's
 * policy, `quota_exceeded`, `not_found` for a template.
 */
export async function startRun(
  deps: JournalDeps,
  who: Starter,
  asked: StartRunRequest,
): Promise<{ run: Run; created: boolean }> {
  const { tenantId, actor, idempotencyKey } = who;
  const template = 'template' in asked ? asked.template : undefined;
  const request = 'template' in asked ? await resolveTemplate(deps.store, tenantId, asked) : asked;
  const contract = await contractFor(deps, tenantId, request);
  const known = who.runId ?? (idempotencyKey && deterministicId('run', tenantId, idempotencyKey));
  const runId = known ?? randomId('run');
  const { goal, url, inputs, labels } = request;
  const wanted: Compared = { goal, inputs, contract, ...(url !== undefined && { url }) };
  const before = async (): Promise<{ run: Run; created: boolean }> => {
    const { run } = await RunJournal.open(deps, actor, tenantId, runId);
    if (who.runId === undefined) assertSame(run, wanted);
    return { run, created: false };
  };
  if (known !== undefined) {
    if (await deps.store.get(runPath(tenantId, runId))) return before();
    // Its entries are signed: another log under that name would be one too many.
    if (await deps.store.get(treeCursorPath(tenantId, runId)))
      throw new AppError(
        'already_exists',
        `run ${runId} was started with this before; it was removed when its time was up`,
      );
  }
  const { quotas } = await tenantSettings(deps.store, tenantId);
  await assertWithinQuotas(deps, tenantId, quotas);
  try {
    const journal = await RunJournal.create(deps, actor, tenantId, runId, {
      type: 'run.created',
      ...wanted,
      labels,
      ...(template !== undefined && { template }),
    });
    return { run: journal.run, created: true };
  } catch (error) {
    if (known === undefined || !AppError.is(error, 'already_exists')) throw error;
    return before();
  }
}
