import type { LogEventOf } from '../../shared/contracts/log-entry.ts';
import type { Run } from '../../shared/contracts/run.ts';
import type { GateReport } from '../../shared/contracts/wire-request.ts';
import type { ExecutorDeps } from './deps.ts';
import type { Ask } from './human-wait.ts';
import type { Interruption, SessionEnd, Stop } from './session-end.ts';
import type { StepDeps } from './step-runner.ts';

/** What the rest of the session does for its turns. */
export interface TurnContext {
  readonly deps: ExecutorDeps;
  readonly step: StepDeps;
  readonly shutdown: AbortSignal;
  /** Aborts when the run was cancelled or paused, or its deadline came. */
  readonly stopped: AbortSignal;
  readonly saveState: () => Promise<void>;
  readonly ask: Ask;
  readonly settleOpenIntent: (
    reason: string,
    gate: GateReport | undefined,
  ) => Promise<Interruption | undefined>;
  readonly end: (event: LogEventOf<'run.ended'>) => Promise<SessionEnd>;
  /** Why the run may not go on by what its log says, if so. */
  readonly stopOf: (run: Run) => Stop | undefined;
  /** Does what a stop asks for: ends the run, or parks it. */
  readonly stop: (why: Stop) => Promise<SessionEnd>;
}
