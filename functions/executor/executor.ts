import { runPath } from '../../shared/contracts/paths.ts';
import type { Message } from '../../shared/contracts/message.ts';
import type { Run } from '../../shared/contracts/run.ts';
import type { Subscription } from '../../shared/bus/message-bus.ts';
import { AppError } from '../../shared/core/errors.ts';
import { RunJournal } from '../../shared/journal/run-journal.ts';
import { endRun } from '../../shared/runs/end-run.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import type { ExecutorDeps } from './deps.ts';
import { isFree, LeaseKeeper } from './lease-keeper.ts';
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
  #subscription: Subscription | undefined;
  #polling: Promise<void> | undefined;

  constructor(deps: ExecutorDeps, options: ExecutorOptions) {
    this.#deps = deps;
    this.#slots = options.slots;
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

  async #wake(message: Message): Promise<void> {
    // The owner hears of its run's steps from the store; on any other executor this message has nothing to do.
    if (message.type === 'run.ready' || message.type === 'run.resume')
      await this.#consider(message.tenantId, message.runId);
  }

  async #poll(): Promise<void> {
    const { store, clock, log, isGone } = this.#deps;
    while (!this.#stopping.signal.aborted) {
      try {
        for (const run of await this.#openRuns())
          if (await isFree(store, run, isGone)) await this.#consider(run.tenantId, run.runId);
      } catch (error) {
        log.error('looking for ready runs failed', { error: AppError.from(error).message });
      }
      await clock.sleep(POLL_MS, this.#stopping.signal).catch(() => undefined);
    }
  }

  /** Runs that somebody should own: those that wait for a person only when they are to be cancelled. */
  async #openRuns(): Promise<readonly Run[]> {
    const { store } = this.#deps;
    const runs = { collection: 'runs', group: true, limit: 500 };
    const [moving, cancelled] = await Promise.all([
      store.query<Run>({
        ...runs,
        where: [{ field: 'status', op: 'in', value: ['queued', 'planning', 'acting'] }],
      }),
      store.query<Run>({
        ...runs,
        where: [
          { field: 'status', op: '==', value: 'waiting_human' },
          { field: 'cancelRequested', op: '==', value: true },
        ],
      }),
    ]);
    return [...moving, ...cancelled].map(({ data }) => data);
  }

  async #consider(tenantId: string, runId: string): Promise<void> {
    const key = runPath(tenantId, runId);
    // A run that is just being given free is looked at again then: its wake-up must not be lost.
    if (this.#sessions.has(key)) this.#again.add(key);
    else if (!this.#stopping.signal.aborted && this.#sessions.size < this.#slots)
      this.#sessions.set(key, this.#session(key, tenantId, runId));
  }

  async #session(key: string, tenantId: string, runId: string): Promise<void> {
    try {
      do {
        this.#again.delete(key);
        await this.#own(tenantId, runId);
      } while (this.#again.has(key) && !this.#stopping.signal.aborted);
    } catch (error) {
      const { code, message, stack } = AppError.from(error);
      const { log } = this.#deps;
      log.error('a session failed; the run is taken up again', { runId, code, error: message });
      log.debug('a session failed here', { runId, stack });
    } finally {
      this.#sessions.delete(key);
    }
  }

  async #own(tenantId: string, runId: string): Promise<void> {
    for (;;) {
      const end = await this.#once(tenantId, runId);
      if (end !== 'browser-lost') {
        this.#losses.delete(runId);
        return;
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
    if (isFinal(run) || (run.waitingFor && !run.cancelRequested)) return undefined;
    const lease = await LeaseKeeper.take(this.#deps, journal);
    if (!lease) return undefined;
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
