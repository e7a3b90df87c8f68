import { runPath } from '../../shared/contracts/paths.ts';
import type { HumanRequest, Run } from '../../shared/contracts/run.ts';
import type { LogEvent } from '../../shared/contracts/log-entry.ts';
import { AppError } from '../../shared/core/errors.ts';
import { randomId } from '../../shared/core/ids.ts';
import type { RunJournal } from '../../shared/journal/run-journal.ts';
import { endRun } from '../../shared/runs/end-run.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import type { BrowserSession } from './browser-session.ts';
import { loadBrowserState, saveBrowserState } from './browser-state.ts';
import { spentBudget } from './budgets.ts';
import type { ExecutorDeps } from './deps.ts';
import type { Ask } from './human-steps.ts';
import { waitForAnswer, type Answer } from './human-wait.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { RunHost } from './session-host.ts';
import { settleOpenIntent } from './open-intent.ts';
import type { Interruption, SessionEnd } from './session-end.ts';
import { runStep, type StepDeps } from './step-runner.ts';
import { TurnLoop } from './turn-loop.ts';
import { closeTurn } from './turn-records.ts';

/** A process that is told to stop has 10 s; what is being done to a page may take this long of them. */
const ACT_GRACE_MS = 6_000;

/** One ownership of one run: from the lease to its release. */
export class RunSession {
  readonly #deps: ExecutorDeps;
  readonly #journal: RunJournal;
  readonly #lease: LeaseKeeper;
  readonly #shutdown: AbortSignal;
  readonly #host: RunHost;
  readonly #cancelled = new AbortController();
  /** Aborts when an act that changes something has had its time after the shutdown began. */
  readonly #late = new AbortController();
  #session: BrowserSession | undefined;

  constructor(deps: ExecutorDeps, journal: RunJournal, lease: LeaseKeeper, shutdown: AbortSignal) {
    this.#deps = deps;
    this.#journal = journal;
    this.#lease = lease;
    this.#shutdown = shutdown;
    this.#host = new RunHost(deps, journal, lease);
  }

  async run(): Promise<SessionEnd> {
    const unwatch = this.#watchForCancel();
    const over = new AbortController();
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
      unwatch();
      this.#shutdown.removeEventListener('abort', onShutdown);
      over.abort();
      this.#lease.stop();
      await this.#session?.close();
    }
  }

  #watchForCancel(): () => void {
    const { store, log } = this.#deps;
    const path = runPath(this.#journal.run.tenantId, this.#journal.run.runId);
    return store.watch(path, (changed) => {
      if (!changed.includes(path)) return;
      store.get<Run>(path).then(
        (document) => document?.data.cancelRequested && this.#cancelled.abort(),
        (error: unknown) =>
          log.warn('looking for a cancel failed', { error: AppError.from(error).message }),
      );
    });
  }

  async #drive(): Promise<SessionEnd> {
    const { run } = this.#journal;
    if (isFinal(run)) return 'ended';
    // A cancel waits for nothing, but a commit in doubt is looked up first where that is possible.
    if (run.cancelRequested && !run.openIntent) return this.#cancel();
    if (run.waitingFor && !run.cancelRequested) return 'parked';
    const restored = await this.#openBrowser();
    const fresh = run.planEpoch === 0 && run.openIntent === undefined;
    if (run.turnOpen)
      await closeTurn(
        { ...this.#deps, journal: this.#journal, leaseEpoch: this.#lease.leaseEpoch },
        { reason: 'takeover', detail: 'another executor took the run', done: 0 },
      );
    const interruption = await this.#settleOpenIntent(!run.cancelRequested);
    if (interruption === 'cancelled' || run.cancelRequested) return this.#cancel();
    if (interruption) return interruption;
    if (!fresh || run.url !== undefined) await this.#goToStart();
    const loop = new TurnLoop({
      deps: this.#deps,
      step: this.#stepDeps(),
      shutdown: this.#shutdown,
      cancelled: this.#cancelled.signal,
      saveState: async () => this.#saveState(),
      ask: async (request) => this.#ask(request),
      settleOpenIntent: async (reason) => this.#settleOpenIntent(true, reason),
      end: async (event) => this.#end(event),
      cancel: async () => this.#cancel(),
    });
    const notices = fresh
      ? []
      : [
          `browser-replaced: ${restored ? 'log-ins were restored' : 'nothing was restored'}; what had been typed on the page is gone`,
        ];
    return loop.run(notices);
  }

  #stepDeps(): StepDeps {
    const session = this.#need();
    return {
      journal: this.#journal,
      session,
      host: this.#host,
      leaseEpoch: this.#lease.leaseEpoch,
      signal: AbortSignal.any([this.#lease.lost, session.lost]),
      assertHeld: () => this.#lease.assertHeld(),
      giveUp: (effect) =>
        effect === 'read'
          ? AbortSignal.any([this.#shutdown, this.#cancelled.signal])
          : this.#late.signal,
    };
  }

  #need(): BrowserSession {
    if (!this.#session) throw new AppError('browser_lost', 'the browser is not open');
    return this.#session;
  }

  async #openBrowser(): Promise<boolean> {
    await this.#host.prepare();
    const state = await loadBrowserState(this.#deps.artifacts, this.#journal.run);
    this.#session = await this.#deps.pool.open(
      this.#host,
      // Its URL is opened as a step of its own, with an intent.
      state ? { state: { storage: state.storage, url: undefined } } : {},
    );
    const { version, sandboxed } = this.#session;
    const leaseEpoch = this.#lease.leaseEpoch;
    await this.#journal.append(() => [
      { type: 'browser.opened', leaseEpoch, version, sandboxed, restored: state !== undefined },
    ]);
    return state !== undefined;
  }

  /** The run's first document: where it was when its browser was saved, else its start URL. Recorded like any step. */
  async #goToStart(): Promise<void> {
    const { run } = this.#journal;
    const url = run.browserState?.url ?? run.url;
    if (url === undefined || url === 'about:blank') return;
    const stepId = `${run.planEpoch}-0`;
    const action = { action: 'navigate' as const, url, why: 'where the run starts' };
    const result = await runStep(
      this.#stepDeps(),
      { stepId, planEpoch: run.planEpoch, action },
      async () => 'complete',
    );
    if (result.kind === 'refused') throw result.error;
    if (result.kind === 'uncertain') await this.#settleOpenIntent(false, result.reason);
    if (result.kind === 'ended' && result.outcome.status !== 'done' && run.planEpoch === 0)
      throw new AppError(
        result.outcome.code ?? 'site_unreachable',
        result.outcome.message ?? `${url} did not open`,
      );
  }

  async #settleOpenIntent(
    mayAsk: boolean,
    reason = 'its outcome was lost',
  ): Promise<Interruption | undefined> {
    const ask: Ask = async (request) => this.#ask(request);
    return settleOpenIntent({
      store: this.#deps.store,
      journal: this.#journal,
      session: this.#need(),
      leaseEpoch: this.#lease.leaseEpoch,
      reason,
      ...(mayAsk && { ask }),
    });
  }

  /** Asks a person and holds the browser for a while; gives the answer, or how the session ends without one. */
  async #ask(what: Parameters<Ask>[0]): Promise<Answer | Interruption> {
    const { clock, store } = this.#deps;
    const journal = this.#journal;
    const request: HumanRequest = {
      ...what,
      requestId: randomId('ask'),
      askedAt: clock.iso(),
      expiresAt: new Date(clock.nowMs() + journal.run.contract.waitMs).toISOString(),
    };
    await journal.append(() => [
      { type: 'human.requested', leaseEpoch: this.#lease.leaseEpoch, request },
    ]);
    const signal = AbortSignal.any([this.#shutdown, this.#lease.lost, this.#need().lost]);
    const answer = await waitForAnswer({ store, clock, journal }, request, signal);
    if (answer) return answer;
    if (isFinal(journal.run)) return 'ended';
    if (this.#lease.lost.aborted) return 'lease-lost';
    if (this.#need().lost.aborted) return 'parked';
    await this.#saveState();
    return this.#shutdown.aborted ? 'shutdown' : 'parked';
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

  async #cancel(): Promise<SessionEnd> {
    const error = new AppError('run_cancelled', 'the run was cancelled').toInfo();
    return this.#end({ type: 'run.ended', status: 'cancelled', error });
  }

  async #end(event: Extract<LogEvent, { type: 'run.ended' }>): Promise<SessionEnd> {
    await this.#journal.append((run) => (isFinal(run) ? [] : endRun(run, event)));
    return 'ended';
  }

  async #failedWith(error: unknown): Promise<SessionEnd> {
    const problem = AppError.from(error);
    const { log } = this.#deps;
    const { runId } = this.#journal.run;
    if (problem.code === 'lease_lost' || this.#lease.lost.aborted) {
      log.warn('stopped: the lease is over', { runId });
      return 'lease-lost';
    }
    if (problem.code === 'run_cancelled') return this.#cancel();
    if (
      problem.code === 'browser_lost' ||
      problem.code === 'page_crashed' ||
      this.#session?.lost.aborted
    )
      return 'browser-lost';
    if (
      problem.code === 'store_unavailable' ||
      problem.code === 'disk_full' ||
      problem.code === 'newer_version'
    )
      throw problem;
    const unexpected = problem.code === 'internal' || problem.code === 'conflict';
    log[unexpected ? 'error' : 'info']('run failed', {
      runId,
      code: problem.code,
      error: problem.message,
    });
    log.debug('run failed here', { runId, stack: problem.stack });
    await this.#journal.refresh();
    const spent = spentBudget(this.#journal.run, this.#deps.clock.nowMs());
    return this.#end({ type: 'run.ended', status: 'failed', error: (spent ?? problem).toInfo() });
  }

  async #release(end: Exclude<SessionEnd, 'lease-lost'>): Promise<void> {
    const write = await this.#lease.releaseWrite();
    const leaseEpoch = this.#lease.leaseEpoch;
    await this.#journal.append(
      () => [{ type: 'lease.released', leaseEpoch, reason: end }],
      () => [write],
    );
  }
}
