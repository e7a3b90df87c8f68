import type { LogEventOf } from '../../shared/contracts/log-entry.ts';
import { runPath } from '../../shared/contracts/paths.ts';
import type { HumanRequest, Run } from '../../shared/contracts/run.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { randomId } from '../../shared/core/ids.ts';
import { WakeUp } from '../../shared/core/wake-up.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import { readRunLog, type LogReaderDeps } from '../../shared/journal/run-log.ts';
import type { Interruption } from './session-end.ts';

export type Answer = LogEventOf<'human.answered'>;
/** Asks a person and waits; gives the answer, or how the session ends without one. */
export type Ask = (
  request: Omit<HumanRequest, 'requestId' | 'askedAt' | 'expiresAt'>,
) => Promise<Answer | Interruption>;

async function lastAnswer(
  deps: LogReaderDeps,
  run: Run,
  matches: (answer: Answer) => boolean,
): Promise<Answer | undefined> {
  const entries = await readRunLog(deps, run.tenantId, run.runId);
  return entries
    .map(({ event }) => event)
    .filter((event): event is Answer => event.type === 'human.answered')
    .findLast(matches);
}

/** What a person said about a step whose outcome was lost, also if the run was parked meanwhile. */
export async function verdictOfPerson(
  deps: LogReaderDeps,
  run: Run,
  stepId: string,
): Promise<Answer | undefined> {
  return lastAnswer(deps, run, (answer) => answer.kind === 'uncertain' && answer.stepId === stepId);
}

/** The question as it is asked; nobody is waited for beyond the run's deadline. */
export function requestOf(
  what: Omit<HumanRequest, 'requestId' | 'askedAt' | 'expiresAt'>,
  { contract: { waitMs, deadline } }: Run,
  clock: Clock,
): HumanRequest {
  const deadlines = deadline === undefined ? [] : [Date.parse(deadline)];
  return {
    ...what,
    requestId: randomId('ask'),
    askedAt: clock.iso(),
    expiresAt: new Date(Math.min(clock.nowMs() + waitMs, ...deadlines)).toISOString(),
  };
}

/** Holds the live browser for `holdMs` at most while a person decides; undefined when the run should be parked. */
export async function waitForAnswer(
  deps: LogReaderDeps & { clock: Clock; journal: RunJournal },
  request: HumanRequest,
  signal: AbortSignal,
  /** From when on the browser is held, by the monotonic clock. */
  since: () => number,
): Promise<Answer | 'cancelled' | 'paused' | undefined> {
  const { store, clock, journal } = deps;
  const wakeUp = new WakeUp();
  const unwatch = store.watch(runPath(journal.run.tenantId, journal.run.runId), wakeUp.notify);
  try {
    for (;;) {
      if (signal.aborted) return undefined;
      wakeUp.looking();
      const run = await journal.refresh();
      if (run.cancelRequested) return 'cancelled';
      if (run.paused) return 'paused';
      if (run.waitingFor?.requestId !== request.requestId)
        return lastAnswer(deps, run, (answer) => answer.requestId === request.requestId);
      const leftMs = since() + journal.run.contract.holdMs - clock.monotonicMs();
      if (leftMs <= 0) return undefined;
      await wakeUp.wait(clock, leftMs, signal);
    }
  } finally {
    unwatch();
  }
}
