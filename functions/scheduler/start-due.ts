import type { ErrorInfo } from '../../shared/contracts/error-code.ts';
import { Schedule } from '../../shared/contracts/schedule.ts';
import type { StartRunRequest } from '../../shared/contracts/start-run.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import { deterministicId } from '../../shared/core/ids.ts';
import type { Logger } from '../../shared/core/logger.ts';
import type { StateStore, StoredDocument } from '../../shared/state/state-store.ts';
import { dueSlots } from '../../shared/tenants/next-slots.ts';
import type { Starter } from '../../shared/tenants/start-run.ts';

export interface StartDueDeps {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Starts the run of a slot; a run of that id that exists already is as good. */
  readonly start: (who: Starter, request: StartRunRequest) => Promise<unknown>;
}

export interface StartedDue {
  readonly schedules: number;
  readonly started: number;
  readonly failed: number;
}

const PAGE = 200;
/** What a tick leaves over, the next one takes. */
const MAX_PER_TICK = 5_000;

/** The run of a slot: the same however often, and by whomever, the slot is tried. */
export function slotRunId({ tenantId, uid }: Schedule, slot: number): string {
  return deterministicId('run', tenantId, 'schedule', uid, new Date(slot).toISOString());
}

/** Starts what is due: every slot of every schedule once, as its policy says. May run twice at once, be cut off, or be late. */
export async function startDue(deps: StartDueDeps): Promise<StartedDue> {
  const { store, clock, log } = deps;
  const totals = { schedules: 0, started: 0, failed: 0 };
  const now = clock.nowMs();
  const until = new Date(now).toISOString();
  let startAfter: string | undefined;
  while (totals.schedules < MAX_PER_TICK) {
    const page: readonly StoredDocument[] = await store.query({
      collection: 'schedules',
      group: true,
      where: [{ field: 'nextAt', op: '<=', value: until }],
      orderBy: { field: 'nextAt', direction: 'asc' },
      limit: PAGE,
      ...(startAfter !== undefined && { startAfter }),
    });
    // The last one first: it moves on when it is written, and then is no place to go on from.
    for (const document of page) {
      totals.schedules += 1;
      try {
        const { started, failed } = await startSlots(deps, document, now);
        totals.started += started;
        totals.failed += failed;
      } catch (error) {
        // One schedule that cannot be helped must not keep the others from being.
        const { code, message } = AppError.from(error);
        log.error('a schedule could not be looked at', {
          path: document.path,
          code,
          error: message,
        });
        totals.failed += 1;
        startAfter = document.path;
      }
    }
    if (page.length < PAGE) break;
  }
  return totals;
}

async function startSlots(
  { store, clock, start, log }: StartDueDeps,
  document: StoredDocument,
  now: number,
): Promise<{ started: number; failed: number }> {
  const schedule = Schedule.parse(document.data);
  if (schedule.nextAt === undefined) return { started: 0, failed: 0 };
  const due = dueSlots(schedule, Date.parse(schedule.nextAt), now);
  const { tenantId, name, setBy } = schedule;
  let error: ErrorInfo | undefined;
  let failed = 0;
  for (const slot of due.start) {
    const at = new Date(slot).toISOString();
    const labels = { ...schedule.run.labels, schedule: name, slot: at };
    try {
      const who = { tenantId, actor: setBy, runId: slotRunId(schedule, slot) };
      await start(who, { ...schedule.run, labels });
    } catch (reason) {
      const refused = AppError.from(reason);
      // What may work in a minute is left due; what was refused is refused for this slot.
      if (refused.retryable && refused.code !== 'quota_exceeded') throw refused;
      log.warn('a slot of a schedule started nothing', {
        tenantId,
        name,
        slot: at,
        code: refused.code,
      });
      error = refused.toInfo();
      failed += 1;
    }
  }
  const { nextAt: _past, lastError: _before, ...kept } = schedule;
  const last = due.start.at(-1);
  const data: Schedule = {
    ...kept,
    updatedAt: clock.iso(),
    ...(due.nextAt !== undefined && { nextAt: new Date(due.nextAt).toISOString() }),
    ...(last !== undefined && {
      lastSlot: new Date(last).toISOString(),
      lastRunId: slotRunId(schedule, last),
    }),
    ...(error && { lastError: error }),
  };
  try {
    await store.commit([{ op: 'update', path: document.path, data, ifVersion: document.version }]);
  } catch (reason) {
    // Another tick did the same, or somebody changed the schedule: what is due then is looked at again.
    if (!AppError.is(reason, 'conflict')) throw reason;
  }
  return { started: due.start.length - failed, failed };
}
