import { verifyRunLog } from '../../../shared/audit/verify-run-log.ts';
import type { LogEntry } from '../../../shared/contracts/log-entry.ts';
import { logPath } from '../../../shared/contracts/paths.ts';
import type { Run } from '../../../shared/contracts/run.ts';
import { canonicalJson } from '../../../shared/core/digest.ts';
import { applyEntry, isFinal } from '../../../shared/runs/run-machine.ts';
import { TENANT, type Played } from './simulated-run.ts';

/** What must hold after every simulated run, whatever was done to it; judged by the shop, not by our records. */
export async function violationsOf(played: Played): Promise<string[]> {
  const { run, store, shop, deadLetters } = played;
  if (!run) return ['I4 the run was never accepted'];
  const found: string[] = [];
  const say = (broken: boolean, what: string): void => {
    if (broken) found.push(what);
  };
  const entries = (await store.query<LogEntry>({ collection: logPath(TENANT, run.runId) })).map(
    ({ data }) => data,
  );
  const events = entries.map(({ event }) => event);
  const commits = events.filter(
    (event) => event.type === 'step.intent' && event.decision.effect === 'commit',
  );
  const answers = events.filter((event) => event.type === 'human.answered');

  say(shop.orders.length > 1, `I1 the order reached the shop ${shop.orders.length} times`);
  say(
    run.status === 'succeeded' && shop.orders.length !== 1,
    `I1 succeeded with ${shop.orders.length} orders`,
  );
  say(shop.orders.length > commits.length, 'I2 an order without an intent');
  const epochs = events.flatMap((event) => ('leaseEpoch' in event ? [event.leaseEpoch] : []));
  say(
    epochs.some((epoch, index) => index > 0 && epoch < (epochs[index - 1] ?? 0)),
    'I3 an entry of an older ownership',
  );
  say(
    !isFinal(run) && run.waitingFor === undefined,
    `I4 stands as ${run.status} without waiting for anybody`,
  );
  const verdict = await verifyRunLog(store, TENANT, run.runId);
  say(!verdict.ok, `I5 the log does not verify: ${verdict.ok ? '' : verdict.message}`);
  say(!rebuildsTo(entries, run), 'I5 the projection differs from what the log adds up to');
  const used = events.flatMap((event) =>
    event.type === 'step.intent' && event.approval !== undefined ? [event.approval] : [],
  );
  say(new Set(used).size !== used.length, 'I7 an approval was used twice');
  say(used.length > answers.length, 'I7 an approval that nobody gave');
  say(
    deadLetters.length > 0,
    `dead letters: ${deadLetters.map(({ reason }) => reason).join('; ')}`,
  );
  return found;
}

function rebuildsTo(entries: readonly LogEntry[], run: Run): boolean {
  try {
    const rebuilt = entries.reduce<Run | undefined>(
      (before, entry) => applyEntry(before, entry),
      undefined,
    );
    return rebuilt !== undefined && canonicalJson(rebuilt) === canonicalJson(run);
  } catch {
    // An entry that was not possible when it was written.
    return false;
  }
}
