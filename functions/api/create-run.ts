import { z } from 'zod';

import type { Run, RunRequest } from '../../shared/contracts/run.ts';
import { TaskContract } from '../../shared/contracts/task-contract.ts';
import { digestOfJson } from '../../shared/core/digest.ts';
import { AppError } from '../../shared/core/errors.ts';
import { deterministicId, randomId } from '../../shared/core/ids.ts';
import { RunJournal, type JournalDeps } from '../../shared/journal/run-journal.ts';
import { assertMayShow } from '../../shared/policy/origins.ts';

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

/**
 * Accepts a run: durable before it resolves. With an idempotency key the same key gives the same run; the same key with another
 * request is `invalid_request`. Errors: `origin_refused` when the URL is outside the contract.
 */
export async function createRun(
  deps: JournalDeps,
  who: { tenantId: string; actor: string; idempotencyKey?: string },
  request: RunRequest,
): Promise<{ run: Run; created: boolean }> {
  const contract = contractOf(request);
  if (request.url !== undefined) assertMayShow(contract, request.url);
  assertUsable(contract.outputSchema);
  for (const probe of contract.probes)
    if (!probe.url.includes('{{')) assertMayShow(contract, probe.url);
  const { tenantId, actor, idempotencyKey } = who;
  const runId =
    idempotencyKey === undefined
      ? randomId('run')
      : deterministicId('run', tenantId, idempotencyKey);
  try {
    const journal = await RunJournal.create(deps, actor, tenantId, runId, {
      type: 'run.created',
      goal: request.goal,
      ...(request.url !== undefined && { url: request.url }),
      inputs: request.inputs,
      labels: request.labels,
      contract,
    });
    return { run: journal.run, created: true };
  } catch (error) {
    if (!AppError.is(error, 'already_exists') || idempotencyKey === undefined) throw error;
    const { run } = await RunJournal.open(deps, actor, tenantId, runId);
    const same = (what: Pick<Run, 'goal' | 'url' | 'inputs' | 'contract'>): string =>
      digestOfJson({
        goal: what.goal,
        url: what.url ?? null,
        inputs: what.inputs,
        contract: what.contract,
      });
    if (
      same(run) !== same({ goal: request.goal, url: request.url, inputs: request.inputs, contract })
    )
      throw new AppError(
        'invalid_request',
        'that idempotency key was used with another request; use a new key',
      );
    return { run, created: false };
  }
}
