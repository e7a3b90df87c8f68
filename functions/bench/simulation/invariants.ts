import { verifyRunLog } from '../../../shared/audit/verify-run-log.ts';
import type { LogEntry, LogEvent } from '../../../shared/contracts/log-entry.ts';
import type { Run } from '../../../shared/contracts/run.ts';
import { canonicalJson } from '../../../shared/core/digest.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { readRunLog } from '../../../shared/journal/run-log.ts';
import { applyEntry, isFinal } from '../../../shared/runs/run-machine.ts';
import { REFERENCE, SECRET_VALUE } from './shop.ts';
import { crossings } from './neighbour.ts';
import type { Played } from './simulated-run.ts';
import { TENANT } from './tenant.ts';

type Say = (broken: boolean, what: string) => void;

/** What must hold after every simulated run, whatever was done to it; judged by the shop, not by our records. */
export async function violationsOf(played: Played): Promise<string[]> {
  const { runs, store, shop, deadLetters, documents, scenario, approved } = played;
  const found: string[] = [];
  const say: Say = (broken, what) => {
    if (broken) found.push(what);
  };
  say(runs.length === 0, 'I4 the run was never accepted');
  say(shop.orders.length > 1, `I1 the order reached the shop ${shop.orders.length} times`);
  for (const { reference, quantity } of shop.orders) {
    say(reference !== REFERENCE, `I1 an order that no whole plan asked for: ${reference}`);
    say(
      !scenario.named && !approved.includes(quantity),
      `I7 a person approved ${approved.join(', ') || 'nothing'}, the shop got ${quantity}`,
    );
  }
  let commits = 0;
  for (const run of runs) {
    const entries = await readRunLog(played, TENANT, run.runId).catch((error: unknown) => {
      if (!AppError.is(error, 'store_corrupt')) throw error;
      say(true, `I5 the log cannot be read: ${error.message}`);
    });
    if (!entries) continue;
    const events = entries.map(({ event }) => event);
    commits += events.filter(
      (event) => event.type === 'step.intent' && event.decision.effect === 'commit',
    ).length;
    judgeRun(run, events, played, say);
    const verdict = await verifyRunLog(store, TENANT, run.runId);
    say(!verdict.ok, `I5 the log does not verify: ${verdict.ok ? '' : verdict.message}`);
    say(!rebuildsTo(entries, run), 'I5 the projection differs from what the log adds up to');
  }
  say(shop.orders.length > commits, 'I2 an order without an intent');
  say(
    [...documents.documents.values()].some(({ json }) => json.includes(SECRET_VALUE)),
    'I8 a secret value stands in a document',
  );
  if (scenario.neighbour) {
    say(played.neighbours.length !== 1, 'I4 the other tenant has no run, or more than one');
    const standing = played.neighbours.find((run) => !isFinal(run));
    say(standing !== undefined, `I4 the other tenant's run stands as ${standing?.status}`);
    for (const path of crossings(documents)) say(true, `I6 ${path} holds what is another tenant's`);
  }
  say(
    deadLetters.length > 0,
    `dead letters: ${deadLetters.map(({ reason }) => reason).join('; ')}`,
  );
  return found;
}

function judgeRun(run: Run, events: readonly LogEvent[], played: Played, say: Say): void {
  const { shop, virtualMs } = played;
  say(
    run.status === 'succeeded' && shop.orders.length !== 1,
    `I1 succeeded with ${shop.orders.length} orders`,
  );
  const epochs = events.flatMap((event) => ('leaseEpoch' in event ? [event.leaseEpoch] : []));
  say(
    epochs.some((epoch, index) => index > 0 && epoch < (epochs[index - 1] ?? 0)),
    'I3 an entry of an older ownership',
  );
  say(
    !isFinal(run) && run.waitingFor === undefined,
    `I4 stands as ${run.status} without waiting for anybody`,
  );
  const overdueMs = virtualMs - (Date.parse(run.waitingFor?.expiresAt ?? '') - START_MS);
  say(!isFinal(run) && overdueMs > 600_000, 'I4 waits for somebody beyond its time');
  const streams = new Map<number, string>();
  const used: string[] = [];
  for (const event of events) {
    if (event.type !== 'step.intent') continue;
    if (event.approval !== undefined) used.push(event.approval);
    const { why } = event.action;
    if (!why.startsWith('stream ')) continue;
    const before = streams.get(event.planEpoch) ?? why;
    say(before !== why, `I3 turn ${event.planEpoch} acted on two streams`);
    streams.set(event.planEpoch, why);
  }
  const given = events.filter(
    (event) => event.type === 'human.answered' && event.answer === 'approve',
  );
  say(new Set(used).size !== used.length, 'I7 an approval was used twice');
  say(used.length > given.length, 'I7 an approval that nobody gave');
}

const START_MS = Date.parse('2026-01-01T00:00:00.000Z');

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
