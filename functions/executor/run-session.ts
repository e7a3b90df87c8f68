import { observationPath } from '../../shared/contracts/paths.ts';
import type { StoredObservation } from '../../shared/contracts/plan.ts';
import type { ErrorCode } from '../../shared/contracts/error-code.ts';
import type { LogEvent } from '../../shared/contracts/log-entry.ts';
import type { GateReport } from '../../shared/contracts/wire-request.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import { endRun } from '../../shared/runs/end-run.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import type { BrowserSession } from './browser-session.ts';
import { saveBrowserState } from './browser-state.ts';
import { keepProfile } from './browser-profile.ts';
import { spentBudget } from './budgets.ts';
import type { ExecutorDeps } from './deps.ts';
import { askPerson } from './ask-person.ts';
import type { Answer, Ask } from './human-wait.ts';
import { goToStart } from './go-to-start.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { LookAhead } from './look-ahead.ts';
import { openBrowser, signedOut } from './open-browser.ts';
import { RunHost } from './session-host.ts';
import { RunStops } from './run-stops.ts';
import { saveTrace } from './run-trace.ts';
import { settleOpenIntent } from './open-intent.ts';
import {
  isStop,
  NOT_THE_RUN,
  stopOfCode,
  type Interruption,
  type SessionEnd,
  type Stop,
} from './session-end.ts';
import type { StepDeps } from './step-runner.ts';
import { TurnLoop } from './turn-loop.ts';
import { closeTurn } from './turn-records.ts';

/** A process that is told to stop has 10 s; what is being done to a page may take this long of them. */
const ACT_GRACE_MS = 6_000;

/** With a reason: making one up costs a stack trace. */
const OVER = 'over';

const LOST: ReadonlySet<ErrorCode> = new Set(['browser_lost', 'page_crashed']);

/** One ownership of one run: from the lease to its release. */
export class RunSession {
  readonly #deps: ExecutorDeps;
  readonly #journal: RunJournal;
  readonly #lease: LeaseKeeper;
  readonly #shutdown: AbortSignal;
  readonly #host: RunHost;
  readonly #stops: RunStops;
  /** Aborts when an act that changes something has had its time after the shutdown began. */
  readonly #late = new AbortController();
  #session: BrowserSession | undefined;
  #traced = false;
  /** Why this browser may not be logged in where the run was. */
  #signedOut: string | undefined;

  constructor(deps: ExecutorDeps, journal: RunJournal, lease: LeaseKeeper, shutdown: AbortSignal) {
    this.#deps = deps;
    this.#journal = journal;
    this.#lease = lease;
    this.#shutdown = shutdown;
    this.#host = new RunHost(deps, journal, lease);
    this.#stops = new RunStops(deps, journal);
  }

  async run(): Promise<SessionEnd> {
    const over = new AbortController();
    this.#stops.watch(over.signal);
    const onShutdown = (): void => {
      this.#deps.clock.sleep(ACT_GRACE_MS, over.signal).then(
        () => this.#late.abort(),
        () => undefined,
      );
    };
    this.#shutdown.addEventListener('abort', onShutdown, { once: true });
    try {
      const end = await this.#drive().catch(async (error: unknown) => this.#failedWith(error));
      if (end !== 'lease-lost') await this.#release(end);
      return end;
    } finally {
      this.#shutdown.removeEventListener('abort', onShutdown);
      over.abort(OVER);
      this.#lease.stop();
      await this.#session?.close();
    }
  }

  /** Ends the run, or lets go of it while it is paused. */
  async #obey(stop: Stop): Promise<SessionEnd> {
    if (stop === 'cancelled') {
      const error = new AppError('run_cancelled', 'the run was cancelled').toInfo();
      return this.#end({ type: 'run.ended', status: 'cancelled', error });
    }
    if (stop === 'expired') {
      const { deadline } = this.#journal.run.contract;
      const error = new AppError('run_expired', `the run reached its deadline, ${deadline}`);
      return this.#end({ type: 'run.ended', status: 'expired', error: error.toInfo() });
    }
    if (this.#journal.run.turnOpen)
      await closeTurn(
        { ...this.#deps, journal: this.#journal, leaseEpoch: this.#lease.leaseEpoch },
        { reason: 'human', detail: 'paused', done: 0 },
      );
    if (this.#session) await this.#saveState();
    return 'parked';
  }

  async #drive(): Promise<SessionEnd> {
    const { run } = this.#journal;
    if (isFinal(run)) return 'ended';
    // A cancel waits for nothing, but a commit in doubt is looked up first where that is possible.
    const stop = this.#stops.of(run);
    if (stop === 'paused' || (stop && !run.openIntent)) return this.#obey(stop);
    if (run.waitingFor && !stop) return 'parked';
    const restored = await this.#openBrowser();
    const fresh = run.planEpoch === 0 && run.openIntent === undefined;
    if (run.turnOpen)
      await closeTurn(
        { ...this.#deps, journal: this.#journal, leaseEpoch: this.#lease.leaseEpoch },
        { reason: 'takeover', detail: 'another executor took the run', done: 0 },
      );
    const interruption = await this.#settleOpenIntent(!stop);
    if (stop) return this.#obey(stop);
    if (isStop(interruption)) return this.#obey(interruption);
    if (interruption) return interruption;
    if (!fresh || run.url !== undefined) await this.#start();
    const { tenantId, runId, planEpoch } = run;
    const seenBefore = fresh
      ? undefined
      : await this.#deps.store.get<StoredObservation>(observationPath(tenantId, runId, planEpoch));
    const loop = new TurnLoop(
      {
        deps: this.#deps,
        step: this.#stepDeps(),
        shutdown: this.#shutdown,
        stopped: this.#stops.signal,
        saveState: async () => this.#saveState(),
        ask: async (request) => this.#ask(request),
        settleOpenIntent: async (reason, gate) => this.#settleOpenIntent(true, reason, gate),
        end: async (event) => this.#end(event),
        stopOf: (now) => this.#stops.of(now),
        stop: async (why) => this.#obey(why),
      },
      seenBefore?.data,
    );
    const notices = fresh
      ? []
      : [
          `browser-replaced: ${restored ? (this.#signedOut ?? 'log-ins were restored') : 'nothing was restored'}; what had been typed on the page is gone`,
        ];
    return loop.run(notices);
  }

  #stepDeps(): StepDeps {
    const session = this.#need();
    return {
      journal: this.#journal,
      session,
      ahead: new LookAhead(session),
      host: this.#host,
      leaseEpoch: this.#lease.leaseEpoch,
      signal: AbortSignal.any([this.#lease.lost, session.lost]),
      assertHeld: () => this.#lease.assertHeld(),
      ask: async (request) => this.#ask(request),
      gates: {},
      clock: this.#deps.clock,
      giveUp: (effect) =>
        effect === 'read'
          ? AbortSignal.any([this.#shutdown, this.#stops.signal])
          : this.#late.signal,
    };
  }

  #need(): BrowserSession {
    if (!this.#session) throw new AppError('browser_lost', 'the browser is not open');
    return this.#session;
  }

  async #openBrowser(): Promise<boolean> {
    await this.#host.prepare();
    const { leaseEpoch, lost } = this.#lease;
    const signal = AbortSignal.any([this.#shutdown, this.#stops.signal, lost]);
    const opened = await openBrowser(this.#deps, this.#journal.run, this.#host, signal);
    this.#session = opened.session;
    this.#signedOut = await signedOut(opened, this.#journal.run);
    const { session, restored } = opened;
    const { version, sandboxed } = session;
    const signedIn = restored && { signedIn: this.#signedOut === undefined };
    await this.#journal.append(() => [
      { type: 'browser.opened', leaseEpoch, version, sandboxed, restored, ...signedIn },
    ]);
    return restored;
  }

  async #start(): Promise<void> {
    const reason = await goToStart(this.#stepDeps());
    if (reason !== undefined) await this.#settleOpenIntent(false, reason);
  }

  async #settleOpenIntent(
    mayAsk: boolean,
    reason = 'its outcome was lost',
    gate?: GateReport,
  ): Promise<Interruption | undefined> {
    const ask: Ask = async (request) => this.#ask(request);
    return settleOpenIntent({
      store: this.#deps.store,
      vault: this.#deps.vault,
      journal: this.#journal,
      session: this.#need(),
      leaseEpoch: this.#lease.leaseEpoch,
      reason,
      gate,
      signedOut: this.#signedOut,
      ...(mayAsk && { ask }),
    });
  }

  async #ask(what: Parameters<Ask>[0]): Promise<Answer | Interruption> {
    return askPerson(
      {
        deps: this.#deps,
        journal: this.#journal,
        lease: this.#lease,
        session: this.#need(),
        shutdown: this.#shutdown,
        saveState: async () => this.#saveState(),
      },
      what,
    );
  }

  async #saveState(): Promise<void> {
    await saveBrowserState(
      this.#deps.artifacts,
      this.#journal,
      this.#need(),
      this.#lease.leaseEpoch,
      this.#host.maskedValues,
    );
  }

  async #end(event: Extract<LogEvent, { type: 'run.ended' }>): Promise<SessionEnd> {
    if (event.status === 'succeeded') await keepProfile(this.#deps, this.#journal, this.#need());
    await this.#keepTrace();
    await this.#journal.append((run) => (isFinal(run) ? [] : endRun(run, event)));
    return 'ended';
  }

  /** Once, and before the run's last entry: what comes after it is not written any more. */
  async #keepTrace(): Promise<void> {
    if (this.#traced || isFinal(this.#journal.run)) return;
    this.#traced = true;
    const { leaseEpoch } = this.#lease;
    await saveTrace(this.#deps, this.#journal, this.#host, this.#session, leaseEpoch);
  }

  async #failedWith(error: unknown): Promise<SessionEnd> {
    const problem = AppError.from(error);
    const { log } = this.#deps;
    const { runId } = this.#journal.run;
    if (problem.code === 'lease_lost' || this.#lease.lost.aborted) {
      log.warn('stopped: the lease is over', { runId });
      return 'lease-lost';
    }
    // An act that was given up, or a browser that was still waited for, may be due to either: what the log says decides.
    if (stopOfCode(problem.code) || !this.#session) {
      const stop = this.#stops.of(await this.#journal.refresh());
      if (stop) return this.#obey(stop);
      if (this.#shutdown.aborted) return 'shutdown';
    }
    if (LOST.has(problem.code) || this.#session?.lost.aborted) return 'browser-lost';
    if (NOT_THE_RUN.has(problem.code)) throw problem;
    const unexpected = problem.code === 'internal' || problem.code === 'conflict';
    log[unexpected ? 'error' : 'info']('run failed', {
      runId,
      code: problem.code,
      error: problem.message,
      ...(unexpected && { stack: problem.stack }),
    });
    await this.#journal.refresh();
    const spent = spentBudget(this.#journal.run, this.#deps.clock.nowMs());
    return this.#end({ type: 'run.ended', status: 'failed', error: (spent ?? problem).toInfo() });
  }

  async #release(end: Exclude<SessionEnd, 'lease-lost'>): Promise<void> {
    await this.#keepTrace();
    await this.#host.close();
    const write = await this.#lease.releaseWrite();
    const leaseEpoch = this.#lease.leaseEpoch;
    await this.#journal.append(
      () => [{ type: 'lease.released', leaseEpoch, reason: end }],
      () => [write],
    );
  }
}
