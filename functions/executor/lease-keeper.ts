import type { Lease } from '../../shared/contracts/lease.ts';
import { leasePath } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import { LEASE_MS } from '../../shared/runs/lease-times.ts';
import type { StateStore, Write } from '../../shared/state/state-store.ts';
import { takeSeat } from '../../shared/tenants/seats.ts';
import type { ExecutorDeps } from './deps.ts';

const RENEW_MS = 10_000;
/** The holder stops itself by its own monotonic clock before anybody else may take over. */
const SELF_STOP_MS = 25_000;
/** With a reason: making one up costs a stack trace. */
const OVER = 'over';

/** True when nobody owns the run's session: judged by the store's clock, or by the fact that the holder is gone. */
export async function isFree(
  store: StateStore,
  run: Pick<Run, 'tenantId' | 'runId'>,
  isGone: (holder: string) => boolean,
): Promise<boolean> {
  const document = await store.get<Lease>(leasePath(run.tenantId, run.runId));
  if (!document) return true;
  return document.data.released || document.ageMs > LEASE_MS || isGone(document.data.holder);
}

/** Ownership of one run. `lost` aborts when it may no longer act. */
export class LeaseKeeper {
  readonly #deps: ExecutorDeps;
  readonly #lost = new AbortController();
  readonly #stopped = new AbortController();
  #lease: Lease;
  #version: string;
  #renewing: Promise<void> = Promise.resolve();
  /** Start of the last renewal that succeeded, by the monotonic clock. */
  #renewedAt: number;

  private constructor(deps: ExecutorDeps, lease: Lease, version: string, startedAt: number) {
    this.#deps = deps;
    this.#lease = lease;
    this.#version = version;
    this.#renewedAt = startedAt;
  }

  /** Undefined when another executor owns the run, or won the race for it or for its tenant's last place. */
  static async take(deps: ExecutorDeps, journal: RunJournal): Promise<LeaseKeeper | undefined> {
    const { tenantId, runId } = journal.run;
    if (!(await isFree(deps.store, journal.run, deps.isGone))) return undefined;
    const path = leasePath(tenantId, runId);
    const startedAt = deps.clock.monotonicMs();
    const [before, seat] = await Promise.all([
      deps.store.get<Lease>(path),
      takeSeat(deps.store, journal.run),
    ]);
    if (!seat) return undefined;
    const leaseEpoch = journal.run.leaseEpoch + 1;
    const lease: Lease = {
      schemaVersion: 1,
      tenantId,
      runId,
      leaseEpoch,
      holder: deps.holder,
      renewals: 0,
      released: false,
    };
    const write: Write = before
      ? { op: 'update', path, data: lease, ifVersion: before.version }
      : { op: 'create', path, data: lease };
    try {
      await journal.append(
        (run) => [
          { type: 'lease.taken', leaseEpoch, holder: deps.holder, takeover: run.leaseEpoch > 0 },
        ],
        () => [write, ...seat],
      );
    } catch (error) {
      if (AppError.is(error, 'conflict') || AppError.is(error, 'lease_lost')) return undefined;
      throw error;
    }
    journal.bindLease(leaseEpoch);
    const version = (await deps.store.get(path))?.version ?? '';
    const keeper = new LeaseKeeper(deps, lease, version, startedAt);
    keeper.#renewing = keeper.#renewWhileHeld();
    void keeper.#stopInTime();
    return keeper;
  }

  get leaseEpoch(): number {
    return this.#lease.leaseEpoch;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** False as soon as somebody else may have taken the run, also in a process that was stopped and wakes up. */
  get isLive(): boolean {
    const { signal } = this.#stopped;
    // From when it is about to be given free on, somebody else may have the run.
    return !signal.aborted && this.#deps.clock.monotonicMs() - this.#renewedAt < SELF_STOP_MS;
  }

  /** The write that gives the run free; it goes into the batch of the entry that says so. */
  async releaseWrite(): Promise<Write> {
    this.#stopped.abort(OVER);
    await this.#renewing;
    return {
      op: 'update',
      path: leasePath(this.#lease.tenantId, this.#lease.runId),
      data: { ...this.#lease, released: true },
      ifVersion: this.#version,
    };
  }

  assertHeld(): void {
    if (!this.isLive) throw new AppError('lease_lost', 'the lease of this run is over');
  }

  stop(): void {
    this.#stopped.abort(OVER);
  }

  async #renewWhileHeld(): Promise<void> {
    const { clock, store, log } = this.#deps;
    while (!this.#stopped.signal.aborted) {
      try {
        await clock.sleep(RENEW_MS, this.#stopped.signal);
      } catch {
        return;
      }
      const next = { ...this.#lease, renewals: this.#lease.renewals + 1 };
      const path = leasePath(next.tenantId, next.runId);
      const startedAt = clock.monotonicMs();
      try {
        const [version = ''] = await store.commit([
          { op: 'update', path, data: next, ifVersion: this.#version },
        ]);
        this.#lease = next;
        this.#version = version;
        this.#renewedAt = startedAt;
      } catch (error) {
        if (this.#stopped.signal.aborted) return;
        log.warn('lease not renewed', { runId: next.runId, error: AppError.from(error).message });
        if (AppError.is(error, 'conflict')) return this.#lose('another executor took the run');
      }
    }
  }

  /** Gives up before anybody else may take over, also while a renewal hangs. */
  async #stopInTime(): Promise<void> {
    const { clock } = this.#deps;
    while (!this.#stopped.signal.aborted) {
      if (!this.isLive) return this.#lose('the lease could not be renewed in time');
      const leftMs = this.#renewedAt + SELF_STOP_MS - clock.monotonicMs();
      await clock.sleep(Math.max(leftMs, 1), this.#stopped.signal).catch(() => undefined);
    }
  }

  #lose(why: string): void {
    this.#stopped.abort(OVER);
    this.#lost.abort(new AppError('lease_lost', why));
  }
}
