import type { LogEntry, LogEventOf } from '../../shared/contracts/log-entry.ts';
import { logPath, runPath } from '../../shared/contracts/paths.ts';
import type { HumanRequest, Run } from '../../shared/contracts/run.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { WakeUp } from '../../shared/core/wake-up.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import type { StateStore } from '../../shared/state/state-store.ts';

export type Answer = LogEventOf<'human.answered'>;

async function lastAnswer(
  store: StateStore,
  run: Run,
  matches: (answer: Answer) => boolean,
): Promise<Answer | undefined> {
  const entries = await store.query<LogEntry>({ collection: logPath(run.tenantId, run.runId) });
  return entries
    .map(({ data }) => data.event)
    .filter((event): event is Answer => event.type === 'human.answered')
    .findLast(matches);
}

/** What a person said about a step whose outcome was lost, also if the run was parked meanwhile. */
export async function verdictOfPerson(
  store: StateStore,
  run: Run,
  stepId: string,
): Promise<Answer | undefined> {
  return lastAnswer(
    store,
    run,
    (answer) => answer.kind === 'uncertain' && answer.stepId === stepId,
  );
}

/** Holds the live browser for `holdMs` at most while a person decides; undefined when the run should be parked. */
export async function waitForAnswer(
  deps: { store: StateStore; clock: Clock; journal: RunJournal },
  request: HumanRequest,
  signal: AbortSignal,
): Promise<Answer | 'cancelled' | undefined> {
  const { store, clock, journal } = deps;
  const deadline = clock.monotonicMs() + journal.run.contract.holdMs;
  const wakeUp = new WakeUp();
  const unwatch = store.watch(runPath(journal.run.tenantId, journal.run.runId), wakeUp.notify);
  try {
    for (;;) {
      if (signal.aborted) return undefined;
      wakeUp.looking();
      const run = await journal.refresh();
      if (run.cancelRequested) return 'cancelled';
      if (run.waitingFor?.requestId !== request.requestId)
        return lastAnswer(store, run, (answer) => answer.requestId === request.requestId);
      const leftMs = deadline - clock.monotonicMs();
      if (leftMs <= 0) return undefined;
      await wakeUp.wait(clock, leftMs, signal);
    }
  } finally {
    unwatch();
  }
}
