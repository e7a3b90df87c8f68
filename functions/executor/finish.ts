import { z } from 'zod';

import type { ActionOf } from '../../shared/contracts/action.ts';
import type { LogEventOf } from '../../shared/contracts/log-entry.ts';
import { observationPath } from '../../shared/contracts/paths.ts';
import type { StoredObservation } from '../../shared/contracts/plan.ts';
import type { Run } from '../../shared/contracts/run.ts';
import type { ArtifactStore } from '../../shared/artifacts/artifact-store.ts';
import { AppError } from '../../shared/core/errors.ts';
import { readRunLog, type LogReaderDeps } from '../../shared/journal/run-log.ts';
import { fold } from '../../shared/policy/commit-lexicon.ts';
import type { StateStore } from '../../shared/state/state-store.ts';
import type { SessionHost } from './browser-session.ts';
import { keepData, loadData, type Json } from './outcome-data.ts';

/** Prefix by which the offline planner says that a goal is outside its grammar. */
const NOT_UNDERSTOOD = 'goal_not_understood:';

function pick(data: Json, path: string): Json | undefined {
  let current: Json | undefined = data;
  for (const key of path.split('.')) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Array.isArray(current) ? current[Number(key)] : current[key];
  }
  return current;
}

/** Replaces `{"$step":"2-1"}` and `{"$step":"2-1","path":"0.total"}` by the data of that step. */
async function substitute(
  value: Json,
  dataOf: (stepId: string) => Promise<Json | undefined>,
): Promise<Json> {
  if (Array.isArray(value)) return Promise.all(value.map((item) => substitute(item, dataOf)));
  if (typeof value !== 'object' || value === null) return value;
  const stepId = value['$step'];
  if (typeof stepId === 'string') {
    const data = await dataOf(stepId);
    const path = value['path'];
    const found =
      data !== undefined && typeof path === 'string' && path !== '' ? pick(data, path) : data;
    if (found === undefined)
      throw new AppError(
        'invalid_result',
        `result refers to step ${stepId}, which has no such data`,
      );
    return found;
  }
  const fields = Object.entries(value).map(async ([key, item]): Promise<[string, Json]> => [
    key,
    await substitute(item, dataOf),
  ]);
  return Object.fromEntries(await Promise.all(fields));
}

export interface FinishDeps extends LogReaderDeps {
  readonly artifacts: ArtifactStore;
  readonly host: SessionHost;
}

/**
 * What the run returns: references replaced, checked against the output schema, quotes checked against what was observed; a large one as
 * the artifact that holds it. Throws `invalid_result`.
 */
export async function resultOf(
  { store, vault, artifacts, host }: FinishDeps,
  run: Run,
  action: ActionOf<'finish'>,
): Promise<Json | undefined> {
  const entries = (await readRunLog({ store, vault }, run.tenantId, run.runId)).map(
    ({ event }) => event,
  );
  const ended = entries.filter(
    (event): event is LogEventOf<'step.ended'> => event.type === 'step.ended',
  );
  const dataOf = async (stepId: string): Promise<Json | undefined> =>
    (await loadData(
      artifacts,
      run,
      ended.findLast((event) => event.stepId === stepId)?.outcome.data,
    )) ??
    entries.findLast(
      (event): event is LogEventOf<'human.answered'> =>
        event.type === 'human.answered' && event.stepId === stepId,
    )?.answer;
  await checkEvidence(store, run, action, ended);
  const result = action.result === undefined ? undefined : await substitute(action.result, dataOf);
  checkSchema(run, result);
  return result === undefined ? undefined : keepData(host, 'result', result);
}

function checkSchema(run: Run, result: Json | undefined): void {
  if (run.contract.outputSchema === undefined) return;
  const checked = z.fromJSONSchema(run.contract.outputSchema).safeParse(result);
  if (checked.success) return;
  const issues = checked.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'result'}: ${issue.message}`);
  throw new AppError(
    'invalid_result',
    `the result does not satisfy the output schema: ${issues.join('; ')}`,
  );
}

async function checkEvidence(
  store: StateStore,
  run: Run,
  action: ActionOf<'finish'>,
  ended: LogEventOf<'step.ended'>[],
): Promise<void> {
  if (!action.evidence || action.evidence.length === 0) return;
  const texts: string[] = ended.map((event) => fold(JSON.stringify(event.outcome.data ?? '')));
  for (let number = 1; number <= run.planEpoch; number += 1) {
    const seen = await store.get<StoredObservation>(
      observationPath(run.tenantId, run.runId, number),
    );
    if (seen) texts.push(fold(seen.data.text));
  }
  const invented = action.evidence.find(
    (quote) => !texts.some((text) => text.includes(fold(quote))),
  );
  if (invented !== undefined)
    throw new AppError(
      'invalid_result',
      `the quote "${invented.slice(0, 200)}" was never observed; quote what was seen or leave it out`,
    );
}

/** The error of a run whose planner gave up. */
export function failureOf(action: ActionOf<'finish'>): AppError {
  const summary = action.summary.trim();
  if (summary.startsWith(NOT_UNDERSTOOD))
    return new AppError('goal_not_understood', summary.slice(NOT_UNDERSTOOD.length).trim());
  return new AppError(
    'goal_failed',
    summary === '' ? 'the planner gave up without saying why' : summary,
  );
}
