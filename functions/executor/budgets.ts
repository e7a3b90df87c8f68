import type { Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';

const MAX_IDLE_TURNS = 5;
const MAX_INVALID_PLANS = 3;

/** Why the run may not go on, if so. */
export function spentBudget(run: Run, nowMs: number): AppError | undefined {
  const { budgets } = run.contract;
  const spent = (what: string, used: number, limit: number): AppError =>
    new AppError(
      'budget_exhausted',
      `the budget of ${limit} ${what} is spent (${used}); raise contract.budgets.${what} to allow more`,
      {
        details: { budget: what, used, limit },
      },
    );
  const elapsedMs = nowMs - Date.parse(run.createdAt) - run.waitedMs;
  if (run.steps >= budgets.steps) return spent('steps', run.steps, budgets.steps);
  if (run.planEpoch >= budgets.turns && !run.turnOpen)
    return spent('turns', run.planEpoch, budgets.turns);
  if (run.tokens.prompt >= budgets.promptTokens)
    return spent('promptTokens', run.tokens.prompt, budgets.promptTokens);
  if (run.tokens.output + run.tokens.thoughts >= budgets.outputTokens)
    return spent('outputTokens', run.tokens.output + run.tokens.thoughts, budgets.outputTokens);
  if (elapsedMs >= budgets.timeMs) return spent('timeMs', Math.round(elapsedMs), budgets.timeMs);
  if (run.invalidPlans >= MAX_INVALID_PLANS)
    return new AppError(
      'model_invalid_plan',
      `the model broke the plan's contract ${run.invalidPlans} times in a row; the log shows what it sent`,
    );
  if (run.idleTurns >= MAX_IDLE_TURNS)
    return new AppError(
      'no_progress',
      `nothing was done in ${run.idleTurns} turns in a row; the log shows what was tried`,
    );
  return undefined;
}
