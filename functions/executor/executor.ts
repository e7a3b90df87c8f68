import { runPath } from '../../shared/contracts/paths.ts';
import type { Message } from '../../shared/contracts/message.ts';
import type { Subscription } from '../../shared/bus/message-bus.ts';
import { AppError } from '../../shared/core/errors.ts';
import { RunJournal } from '../../shared/journal/run-journal.ts';
import { endRun } from '../../shared/runs/end-run.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import { leaveSeat } from '../../shared/tenants/seats.ts';
import type { ExecutorDeps } from './deps.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { ReadyRuns } from './ready-runs.ts';
import { RunSession } from './run-session.ts';
import type { SessionEnd } from './session-end.ts';

const POLL_MS = 3_000;
const MAX_BROWSER_LOSSES = 3;

export interface ExecutorOptions {
  /** Runs that this executor owns at once. */
  readonly slots: number;
}

/** Takes runs that are ready, drives each until it ends, is parked or this process stops. */
export class Executor {
  readonly #deps: ExecutorDeps;
  readonly #slots: number;
  readonly #stopping = new AbortController();
  readonly #sessions = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  readonly #losses = new Map<string, number>();
  readonly #ready: ReadyRuns;
  /** Runs were seen that wait for a slot, or for their tenant's quota. */
  #othersWait = false;
  #looking: Promise<void> = Promise.resolve();
  #subscription: Subscription | undefined;
  #polling: Promise<void> | undefined;

  constructor(deps: ExecutorDeps, options: ExecutorOptions) {
    this.#deps = deps;
    this.#slots = options.slots;
    this.#ready = new ReadyRuns(deps.store, deps.isGone);
  }

  async start(): Promise<void> {
    this.#subscription = await this.#deps.bus.subscribe(
      { subscription: 'rodex-steps', topic: 'rodex-steps', maxInFlight: 16 },
      async (message) => this.#wake(message),
    );
    this.#polling = this.#poll();
  }

  /** Takes no more runs, lets each session come to a safe point, saves browsers, gives leases free. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#subscription?.close();
    await this.#polling;
    await Promise.allSettled(this.#sessions.values());
    await this.#deps.pool.close();
  }

  async #wake({ type, tenantId, runId }: Message): Promise<void> {
    // The owner hears of its run's steps from the store; on any other executor this message has nothing to do.
    if (type === 'run.resume') this.#consider(tenantId, runId);
    if (type !== 'run.ready') return;
    // Where others wait already, who comes last is not who is next.
    if (this.#othersWait) await this.#look();
    else this.#consider(tenantId, runId);
  }

  async #poll(): Promise<void> {
    const { clock } = this.#deps;
    while (!this.#stopping.signal.aborted) {
      await this.#look();
      await clock.sleep(POLL_MS, this.#stopping.signal).catch(() => undefined);
    }
  }

  /** Takes what should be taken next; one look at a time. */
  async #look(): Promise<void> {
    this.#looking = this.#looking.then(async () => {
      const room = this.#slots - this.#sessions.size;
      // Whoever is full would read to no use, and pay for it.
      if (room <= 0 || this.#stopping.signal.aborted) return;
      try {
        const { take, more } = await this.#ready.next(room, (path) => this.#sessions.has(path));
        this.#othersWait = more;
        for (const run of take) this.#consider(run.tenantId, run.runId);
      } catch (error) {
        this.#deps.log.error('looking for ready runs failed', {
          error: AppError.from(error).message,
        });
      }
    });
    return this.#looking;
  }

  #consider(tenantId: string, runId: string): void {
    const key = runPath(tenantId, runId);
    // A run that is just being given free is looked at again then: its wake-up must not be lost.
    if (this.#sessions.has(key)) this.#again.add(key);
    else if (this.#sessions.size >= this.#slots) this.#othersWait = true;
    else if (!this.#stopping.signal.aborted)
      this.#sessions.set(key, this.#session(key, tenantId, runId));
  }

  async #session(key: string, tenantId: string, runId: string): Promise<void> {
    let owned = false;
    try {
      do {
        this.#again.delete(key);
        if (await this.#own(tenantId, runId)) owned = true;
      } while (this.#again.has(key) && !this.#stopping.signal.aborted);
    } catch (error) {
      const { code, message, stack } = AppError.from(error);
      const { log } = this.#deps;
      log.error('a session failed; the run is taken up again', { runId, code, error: message });
      log.debug('a session failed here', { runId, stack });
    } finally {
      if (owned) await this.#leaveSeat(tenantId, runId);
      this.#sessions.delete(key);
    }
    // A slot and a place are free: whoever waits for them need not wait for the next poll.
    if (owned && this.#othersWait) await this.#look();
  }

  async #leaveSeat(tenantId: string, runId: string): Promise<void> {
    await leaveSeat(this.#deps.store, { tenantId, runId }).catch((error: unknown) => {
      // Whoever needs the place finds out that nobody has it.
      const { message } = AppError.from(error);
      this.#deps.log.warn('the place of a run was not given back', { runId, error: message });
    });
  }

  /** False when it was not this executor's to take. */
  async #own(tenantId: string, runId: string): Promise<boolean> {
    for (;;) {
      const end = await this.#once(tenantId, runId);
      if (end !== 'browser-lost') {
        this.#losses.delete(runId);
        return end !== undefined;
      }
      const losses = (this.#losses.get(runId) ?? 0) + 1;
      this.#losses.set(runId, losses);
      this.#deps.log.warn('the browser was lost; the run goes on in a new one', { runId, losses });
    }
  }

  async #once(tenantId: string, runId: string): Promise<SessionEnd | undefined> {
    const journal = await RunJournal.open(
      this.#deps,
      `executor:${this.#deps.holder}`,
      tenantId,
      runId,
    );
    const { run } = journal;
    if (isFinal(run) || ((run.waitingFor || run.paused) && !run.cancelRequested)) return undefined;
    const lease = await LeaseKeeper.take(this.#deps, journal);
    if (!lease) {
      // Another has it, or its tenant has all its places taken.
      this.#othersWait = true;
      return undefined;
    }
    if ((this.#losses.get(runId) ?? 0) >= MAX_BROWSER_LOSSES) {
      const error = new AppError(
        'browser_lost',
        `the browser was lost ${MAX_BROWSER_LOSSES} times; see \`rodex doctor\` and the log of the run`,
      );
      const write = await lease.releaseWrite();
      await journal.append(
        (now) => [
          ...endRun(now, { type: 'run.ended', status: 'failed', error: error.toInfo() }),
          { type: 'lease.released', leaseEpoch: lease.leaseEpoch, reason: 'ended' },
        ],
        () => [write],
      );
      return 'ended';
    }
    return new RunSession(this.#deps, journal, lease, this.#stopping.signal).run();
  }
}
