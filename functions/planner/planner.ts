import { randomUUID } from 'node:crypto';

import type { ArtifactStore } from '../../shared/artifacts/artifact-store.ts';
import type { PlanForm } from '../../shared/contracts/planning.ts';
import type { Message } from '../../shared/contracts/message.ts';
import { runPath, turnPath } from '../../shared/contracts/paths.ts';
import type { Turn } from '../../shared/contracts/plan.ts';
import type { Run } from '../../shared/contracts/run.ts';
import type { RunVault } from '../../shared/audit/run-vault.ts';
import type { MessageBus } from '../../shared/bus/message-bus.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Logger } from '../../shared/core/logger.ts';
import type { Telemetry } from '../../shared/telemetry/telemetry.ts';
import type { StateStore, StoredDocument } from '../../shared/state/state-store.ts';
import type { GeminiClient } from './gemini/gemini-client.ts';
import type { TokenLedger } from './ledger/token-ledger.ts';
import type { TurnMeter } from './ledger/turn-meter.ts';
import { readHistory, type PromptOptions } from './prompt.ts';
import { allowTurn } from './turn-allowance.ts';
import { streamTurn } from './turn-stream.ts';
import { tellOfStream } from './turn-telemetry.ts';
import { TurnWriter } from './turn-writer.ts';

export type PlanRequested = Extract<Message, { type: 'plan.requested' }>;

export interface PlannerDeps {
  readonly store: StateStore;
  readonly bus: MessageBus;
  readonly vault: RunVault;
  readonly gemini: Pick<GeminiClient, 'streamPlan'> & Partial<Pick<GeminiClient, 'model'>>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly telemetry?: Telemetry | undefined;
  /** What the model says while it thinks, for people who watch. Is not waited for. */
  readonly onThought?: (runId: string, planEpoch: number, text: string) => void | Promise<void>;
  /** Lets others of this process go first; a turn of the event loop unless told. */
  readonly giveWay?: () => Promise<unknown>;
  readonly heartbeatMs?: number;
  /** A claim without a heartbeat for longer than this is a dead planner's. */
  readonly deadClaimMs?: number;
  /** Longest turn; below the deadline of an event function. */
  readonly turnMs?: number;
  readonly prompt?: PromptOptions;
  /** Absent: nothing is counted beyond the turn, and nothing refused for its price. */
  readonly ledger?: TokenLedger;
  /** The model's window. */
  readonly contextTokens?: number;
  /** Where the pictures are that a model sees. Absent: it sees none. */
  readonly artifacts?: Pick<ArtifactStore, 'get'>;
  /** How the deployment's plans are written; a task may say otherwise. */
  readonly planForm?: PlanForm | undefined;
}

export interface Planner {
  /** Plans one turn. Resolves when there is nothing (more) to do; rejects when the message should be tried again. */
  handle(message: PlanRequested, signal: AbortSignal): Promise<void>;
}

const OPEN: ReadonlySet<Run['status']> = new Set(['queued', 'planning', 'acting', 'waiting_human']);

export function createPlanner(deps: PlannerDeps): Planner {
  const { store, gemini, clock, log } = deps;
  const { heartbeatMs = 5_000, deadClaimMs = 20_000, turnMs = 420_000 } = deps;

  /** Takes the turn, or says why not. Two planners that try are told apart by the turn's version. */
  async function claim(
    message: PlanRequested,
    current: StoredDocument<Turn>,
  ): Promise<TurnWriter | undefined> {
    const turn = current.data;
    const free = turn.status === 'requested';
    const dead = turn.status === 'streaming' && turn.items === 0 && current.ageMs > deadClaimMs;
    if (!free && !dead) return undefined;
    const claimed: Turn = {
      ...turn,
      status: 'streaming',
      claimedBy: randomUUID(),
      heartbeatAt: clock.iso(),
    };
    const writer = new TurnWriter(
      store,
      turnPath(message.tenantId, message.runId, message.planEpoch),
      claimed,
      current.version,
    );
    return (await writer.write({})) ? writer : undefined;
  }

  /** Shows that this planner lives, until `ended`; aborts when the turn is no longer its own. */
  async function beat(
    writer: TurnWriter,
    runId: string,
    abort: AbortController,
    ended: AbortSignal,
  ): Promise<void> {
    for (;;) {
      try {
        await clock.sleep(heartbeatMs, ended);
      } catch {
        return;
      }
      try {
        if (!(await writer.write({ heartbeatAt: clock.iso() }))) return abort.abort();
      } catch (error) {
        log.warn('heartbeat of a turn failed', { runId, error: AppError.from(error).message });
      }
    }
  }

  function reasonOf(error: unknown, stopped: AbortSignal, late: AbortSignal): AppError {
    const retryable = true;
    if (stopped.aborted)
      return new AppError('interrupted', 'The planner was stopped in mid-turn.', { retryable });
    if (late.aborted)
      return new AppError('model_unavailable', `The plan took longer than ${turnMs / 1_000} s.`, {
        retryable,
      });
    return AppError.from(error);
  }

  async function plan(
    message: PlanRequested,
    run: Run,
    writer: TurnWriter,
    signal: AbortSignal,
  ): Promise<void> {
    const abort = new AbortController();
    const late = new AbortController();
    const ended = new AbortController();
    const beating = beat(writer, run.runId, abort, ended.signal);
    clock.sleep(turnMs, ended.signal).then(
      () => late.abort(),
      () => undefined,
    );
    let meter: TurnMeter | undefined;
    try {
      const limit = AbortSignal.any([signal, abort.signal, late.signal]);
      const history = await readHistory(deps, run, message.planEpoch, deps.artifacts);
      const allowed = await allowTurn(deps, run, history);
      if (!allowed.request) {
        await writer.write({ status: 'broken', error: allowed.refused.toInfo() });
        return;
      }
      const { request } = allowed;
      meter = allowed.meter;
      const startMs = clock.nowMs();
      try {
        await streamTurn(deps, { message, writer, meter }, gemini.streamPlan(request, limit));
      } finally {
        // Whatever became of the turn, and whoever closed it: what it used was used.
        tellOfStream(deps, run, { meter, writer, startMs });
        await meter.close().catch((error: unknown) =>
          log.error('the token ledger was not written', {
            runId: run.runId,
            error: AppError.from(error).message,
          }),
        );
      }
    } catch (error) {
      if (writer.isLost || abort.signal.aborted) return;
      const info = reasonOf(error, signal, late.signal).toInfo();
      log.warn('a planning turn failed', {
        runId: run.runId,
        planEpoch: message.planEpoch,
        code: info.code,
        error: info.message,
      });
      const used = meter && { usage: meter.usage, modelCalls: meter.calls };
      await writer.write({ status: 'broken', error: info, ...used, heartbeatAt: clock.iso() });
    } finally {
      // With a reason: making one up costs a stack trace.
      ended.abort('ended');
      await beating;
    }
  }

  return {
    async handle(message, signal) {
      const { tenantId, runId, planEpoch } = message;
      const [run, turn] = await Promise.all([
        store.get<Run>(runPath(tenantId, runId)),
        store.get<Turn>(turnPath(tenantId, runId, planEpoch)),
      ]);
      if (!run || !turn)
        throw new AppError(
          'not_found',
          `There is no turn ${planEpoch} of ${runId}; nothing to plan.`,
        );
      if (!OPEN.has(run.data.status) || run.data.planEpoch > planEpoch) return;
      const writer = await claim(message, turn);
      if (!writer) return;
      await plan(message, run.data, writer, signal);
      if (!writer.isLost && signal.aborted)
        throw new AppError('interrupted', 'The planner is shutting down.', { retryable: true });
    },
  };
}
