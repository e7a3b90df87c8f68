import type { ExecutorDeps } from './deps.ts';
import type { StepDeps } from './step-runner.ts';

/**
 * The artifact that shows a model that sees what the next turn begins with; kept with the run's files, so that people see what it saw.
 * Undefined where the plan's form needs none, and where none may or can be taken.
 */
export async function takePicture(
  { planForm }: Pick<ExecutorDeps, 'planForm'>,
  { journal, session, host }: Pick<StepDeps, 'journal' | 'session' | 'host'>,
): Promise<string | undefined> {
  const { contract, planEpoch } = journal.run;
  if ((contract.planning?.form ?? planForm) !== 'computer-use') return undefined;
  const png = await session.picture();
  if (!png) return undefined;
  const name = `turn-${planEpoch + 1}.png`;
  return (await host.saveArtifact(name, 'image/png', 'screenshot', png)).name;
}
