import { AppError } from '../../shared/core/errors.ts';
import { runStep, type StepDeps } from './step-runner.ts';

/**
 * Opens the run's first document: where it was when its browser was saved, else its start URL. Recorded like any step. Gives why its
 * outcome is not known, if so.
 */
export async function goToStart(deps: StepDeps): Promise<string | undefined> {
  const { run } = deps.journal;
  const url = run.browserState?.url ?? run.url;
  if (url === undefined || url === 'about:blank') return undefined;
  const stepId = `${run.planEpoch}-0`;
  const action = { action: 'navigate' as const, url, why: 'where the run starts' };
  const result = await runStep(
    deps,
    { stepId, planEpoch: run.planEpoch, action },
    async () => 'complete',
  );
  if (result.kind === 'refused') throw result.error;
  if (result.kind === 'uncertain') return result.reason;
  if (result.kind === 'ended' && result.outcome.status !== 'done' && run.planEpoch === 0)
    throw new AppError(
      result.outcome.code ?? 'site_unreachable',
      result.outcome.message ?? `${url} did not open`,
    );
  return undefined;
}
