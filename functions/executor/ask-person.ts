import { isFinal } from '../../shared/runs/run-machine.ts';
import type { HumanRequest } from '../../shared/contracts/run.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import type { BrowserSession } from './browser-session.ts';
import type { ExecutorDeps } from './deps.ts';
import { requestOf, waitForAnswer, type Answer, type Ask } from './human-wait.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { Interruption } from './session-end.ts';
import { TakeOver } from './take-over.ts';

interface Asking {
  readonly deps: ExecutorDeps;
  readonly journal: RunJournal;
  readonly lease: LeaseKeeper;
  readonly session: BrowserSession;
  readonly shutdown: AbortSignal;
  readonly saveState: () => Promise<void>;
}

/** Asks a person and holds the browser for a while; gives the answer, or how the session ends without one. */
export async function askPerson(
  asking: Asking,
  what: Parameters<Ask>[0],
): Promise<Answer | Interruption> {
  const { deps, journal, lease, session, shutdown, saveState } = asking;
  const request = requestOf(what, journal.run, deps.clock);
  await journal.append(() => [{ type: 'human.requested', leaseEpoch: lease.leaseEpoch, request }]);
  const signal = AbortSignal.any([shutdown, lease.lost, session.lost]);
  const answer = await waitFor(asking, request, signal);
  if (answer) {
    // What a person did by hand may be a log-in.
    if (request.kind === 'take-over') await saveState();
    return answer;
  }
  if (isFinal(journal.run)) return 'ended';
  if (lease.lost.aborted) return 'lease-lost';
  if (session.lost.aborted) return 'parked';
  await saveState();
  return shutdown.aborted ? 'shutdown' : 'parked';
}

async function waitFor(
  { deps, journal, lease, session }: Asking,
  request: HumanRequest,
  signal: AbortSignal,
): ReturnType<typeof waitForAnswer> {
  if (request.kind !== 'take-over') {
    const asked = deps.clock.monotonicMs();
    return waitForAnswer({ ...deps, journal }, request, signal, () => asked);
  }
  const assertHeld = (): void => lease.assertHeld();
  const hands = new TakeOver({ ...deps, journal, session, assertHeld }, request);
  const over = new AbortController();
  const served = hands.serve(AbortSignal.any([signal, over.signal]));
  try {
    const waiting = waitForAnswer({ ...deps, journal }, request, signal, () => hands.lastInputMs);
    // Hands that fail end the wait; that they are done does not.
    return await Promise.race([waiting, served.then(async () => waiting)]);
  } finally {
    over.abort();
    await served;
  }
}
