import { randomUUID } from 'node:crypto';

import type { ErrorInfo } from '../../shared/contracts/error-code.ts';
import type { Message } from '../../shared/contracts/message.ts';
import { runPath, stepPath, turnPath } from '../../shared/contracts/paths.ts';
import type { ProposedStep, Turn } from '../../shared/contracts/plan.ts';
import type { Run, TokenUse } from '../../shared/contracts/run.ts';
import type { MessageBus } from '../../shared/bus/message-bus.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Logger } from '../../shared/core/logger.ts';
import type { StateStore, StoredDocument } from '../../shared/state/state-store.ts';
import type { GeminiClient } from './gemini/gemini-client.ts';
import type { PlanningEvent, RawPart } from './gemini/planning-event.ts';
import { toAction } from './gemini/wire-step.ts';
import { buildPrompt, readHistory, type PromptOptions } from './prompt.ts';
import { TurnWriter } from './turn-writer.ts';

export type PlanRequested = Extract<Message, { type: 'plan.requested' }>;

export interface PlannerDeps {
  readonly store: StateStore;
  readonly bus: MessageBus;
  readonly gemini: Pick<GeminiClient, 'streamPlan'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** What the model says while it thinks, for people who watch. Is not waited for. */
  readonly onThought?: (runId: string, planEpoch: number, text: string) => void;
  readonly heartbeatMs?: number;
  /** A claim without a heartbeat for longer than this is a dead planner's. */
  readonly deadClaimMs?: number;
  /** Longest turn; below the deadline of an event function. */
  readonly turnMs?: number;
  readonly prompt?: PromptOptions;
}

export interface Planner {
  /** Plans one turn. Resolves when there is nothing (more) to do; rejects when the message should be tried again. */
  handle(message: PlanRequested, signal: AbortSignal): Promise<void>;
}

const OPEN: ReadonlySet<Run['status']> = new Set(['queued', 'planning', 'acting', 'waiting_human']);

function addUse(left: TokenUse, right: TokenUse): TokenUse {
  return {
    prompt: left.prompt + right.prompt,
    cached: left.cached + right.cached,
    output: left.output + right.output,
    thoughts: left.thoughts + right.thoughts,
  };
}

/** The stored parts of a turn share one document of 1 MiB with everything else in it. */
const MAX_PARTS_BYTES = 700_000;

function storable(parts: readonly RawPart[]): Turn['parts'] {
  const copy = JSON.parse(JSON.stringify(parts)) as Turn['parts'];
  return Buffer.byteLength(JSON.stringify(copy)) <= MAX_PARTS_BYTES ? copy : [];
}

export function createPlanner(deps: PlannerDeps): Planner {
  const { store, bus, gemini, clock, log } = deps;
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

  async function publishStep(
    message: PlanRequested,
    writer: TurnWriter,
    item: unknown,
  ): Promise<'published' | 'last' | 'lost'> {
    const index = writer.turn.items + 1;
    const stepId = `${message.planEpoch}-${index}`;
    const parsed = toAction(item);
    const step: ProposedStep = {
      schemaVersion: 1,
      stepId,
      planEpoch: message.planEpoch,
      index,
      ...(parsed.action ? { action: parsed.action } : { invalid: parsed.invalid }),
      proposedAt: clock.iso(),
    };
    const path = stepPath(message.tenantId, message.runId, stepId);
    const kept = await writer.write({ items: index, heartbeatAt: clock.iso() }, [
      { op: 'create', path, data: step },
    ]);
    if (!kept) return 'lost';
    await bus.publish({
      type: 'step.ready',
      schemaVersion: 1,
      tenantId: message.tenantId,
      runId: message.runId,
      stepId,
    });
    return parsed.action ? 'published' : 'last';
  }

  function tell(message: PlanRequested, text: string): void {
    try {
      deps.onThought?.(message.runId, message.planEpoch, text);
    } catch (error) {
      log.warn('a listener to thoughts failed', { runId: message.runId, error: String(error) });
    }
  }

  /** Consumes the stream; false when the turn is no longer ours. */
  async function stream(
    message: PlanRequested,
    writer: TurnWriter,
    events: AsyncIterable<PlanningEvent>,
  ): Promise<boolean> {
    const started = clock.monotonicMs();
    const ms: Record<string, number> = {};
    const elapsed = (): number => Math.round(clock.monotonicMs() - started);
    let { usage, modelCalls } = writer.turn;
    let usedBefore = usage;
    const end = (
      status: 'complete' | 'broken',
      parts: readonly RawPart[],
      finishReason: string | undefined,
      error?: ErrorInfo,
    ): Promise<boolean> =>
      writer.write({
        status,
        parts: storable(parts),
        usage,
        modelCalls,
        ...(finishReason !== undefined && { finishReason }),
        ...(error && { error }),
        ms: { ...ms, total: elapsed() },
        heartbeatAt: clock.iso(),
      });

    for await (const event of events) {
      if (writer.isLost) return false;
      switch (event.type) {
        case 'turn.started':
          modelCalls += 1;
          usedBefore = usage;
          break;
        case 'stream.opened':
          ms['firstByte'] ??= elapsed();
          break;
        case 'thought.delta':
          tell(message, event.text);
          break;
        case 'step.closed': {
          const outcome = await publishStep(message, writer, event.item);
          ms['firstStep'] ??= elapsed();
          if (outcome === 'lost') return false;
          // The executor feeds an invalid item back; what the model said after it was said on a wrong footing.
          if (outcome === 'last') {
            const invalid = new AppError(
              'model_invalid_plan',
              'An item did not satisfy the contract.',
              { retryable: true },
            );
            return end('broken', [], 'INVALID_ITEM', invalid.toInfo());
          }
          break;
        }
        case 'usage':
          usage = addUse(usedBefore, event.usage);
          break;
        case 'turn.completed':
          return end('complete', event.parts, event.finishReason);
        case 'turn.broken':
          return end('broken', event.parts, event.finishReason, event.error.toInfo());
      }
    }
    return true;
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
    try {
      const request = buildPrompt(await readHistory(store, run, message.planEpoch), deps.prompt);
      const limit = AbortSignal.any([signal, abort.signal, late.signal]);
      await stream(message, writer, gemini.streamPlan(request, limit));
    } catch (error) {
      if (writer.isLost || abort.signal.aborted) return;
      const info = reasonOf(error, signal, late.signal).toInfo();
      log.warn('a planning turn failed', {
        runId: run.runId,
        planEpoch: message.planEpoch,
        code: info.code,
        error: info.message,
      });
      await writer.write({ status: 'broken', error: info, heartbeatAt: clock.iso() });
    } finally {
      ended.abort();
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
