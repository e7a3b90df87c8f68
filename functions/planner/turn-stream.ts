import { setImmediate } from 'node:timers/promises';

import type { MessageBus } from '../../shared/bus/message-bus.ts';
import type { ErrorInfo } from '../../shared/contracts/error-code.ts';
import type { Message } from '../../shared/contracts/message.ts';
import { stepPath } from '../../shared/contracts/paths.ts';
import type { ProposedStep, Turn } from '../../shared/contracts/plan.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Logger } from '../../shared/core/logger.ts';
import type { PlanningEvent, RawPart } from './gemini/planning-event.ts';
import { toAction } from './gemini/wire-step.ts';
import type { TurnMeter } from './ledger/turn-meter.ts';
import { createThoughtAggregator, type ThoughtAggregator } from './thought-aggregator.ts';
import type { TurnWriter } from './turn-writer.ts';

export interface TurnStreamDeps {
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly log: Logger;
  /** Lets others of this process go first. */
  readonly giveWay?: () => Promise<unknown>;
  readonly onThought?: (runId: string, planEpoch: number, text: string) => void | Promise<void>;
}

export interface StreamedTurn {
  readonly message: Extract<Message, { type: 'plan.requested' }>;
  readonly writer: TurnWriter;
  readonly meter: TurnMeter;
}

/** The stored parts of a turn share one document of 1 MiB with everything else in it. */
const MAX_PARTS_BYTES = 700_000;

function storable(parts: readonly RawPart[]): Turn['parts'] {
  const copy = JSON.parse(JSON.stringify(parts)) as Turn['parts'];
  return Buffer.byteLength(JSON.stringify(copy)) <= MAX_PARTS_BYTES ? copy : [];
}

async function publishStep(
  { bus, clock, log }: TurnStreamDeps,
  { message, writer, meter }: StreamedTurn,
  { item, doubt }: Extract<PlanningEvent, { type: 'step.closed' }>,
): Promise<'published' | 'last' | 'lost'> {
  const { tenantId, runId, planEpoch } = message;
  const index = writer.turn.items + 1;
  const stepId = `${planEpoch}-${index}`;
  const parsed = toAction(item);
  const step: ProposedStep = {
    schemaVersion: 1,
    stepId,
    planEpoch,
    index,
    ...(parsed.action ? { action: parsed.action } : { invalid: parsed.invalid }),
    ...(doubt !== undefined && { doubt }),
    proposedAt: clock.iso(),
  };
  const path = stepPath(tenantId, runId, stepId);
  // With what the turn has used so far: the executor may close it before the stream ends.
  const { usage, calls: modelCalls } = meter;
  const kept = await writer.write({ items: index, usage, modelCalls, heartbeatAt: clock.iso() }, [
    { op: 'create', path, data: step },
  ]);
  if (!kept) return 'lost';
  await bus
    .publish({ type: 'step.ready', schemaVersion: 1, tenantId, runId, stepId })
    .catch((error: unknown) => {
      // The step stands in the store, where its executor looks; the message would only have woken it.
      log.warn('a step was not announced', { runId, stepId, error: String(error) });
    });
  return parsed.action ? 'published' : 'last';
}

function aggregatorOf(deps: TurnStreamDeps, { message }: StreamedTurn): ThoughtAggregator {
  const { runId, planEpoch } = message;
  const show = async (text: string): Promise<void> => {
    try {
      await deps.onThought?.(runId, planEpoch, text);
    } catch (error) {
      deps.log.warn('a listener to thoughts failed', {
        runId,
        error: AppError.from(error).message,
      });
    }
  };
  return createThoughtAggregator(show, { clock: deps.clock });
}

/** Consumes the stream and stores each item the moment it closes; false when the turn is no longer ours. */
export async function streamTurn(
  deps: TurnStreamDeps,
  turn: StreamedTurn,
  events: AsyncIterable<PlanningEvent>,
): Promise<boolean> {
  const { clock } = deps;
  const { writer, meter } = turn;
  const started = clock.monotonicMs();
  const ms: Record<string, number> = {};
  const elapsed = (): number => Math.round(clock.monotonicMs() - started);
  const thoughts = aggregatorOf(deps, turn);
  const end = (
    status: 'complete' | 'broken',
    parts: readonly RawPart[],
    finishReason: string | undefined,
    error?: ErrorInfo,
  ): Promise<boolean> =>
    writer.write({
      status,
      parts: storable(parts),
      usage: meter.usage,
      modelCalls: meter.calls,
      ...(finishReason !== undefined && { finishReason }),
      ...(error && { error }),
      ms: { ...ms, total: elapsed() },
      heartbeatAt: clock.iso(),
    });

  try {
    for await (const event of events) {
      if (writer.isLost) return false;
      // Judged by the chunk before: what closed in it is kept.
      const spent = event.type === 'usage' ? meter.exhausted() : undefined;
      meter.read(event);
      if (spent) return await end('broken', [], 'BUDGET', spent.toInfo());
      switch (event.type) {
        case 'turn.started':
        case 'usage':
          break;
        case 'stream.opened':
          ms['firstByte'] ??= elapsed();
          break;
        case 'thought.delta':
          thoughts.push(event.text);
          break;
        case 'step.closed': {
          const outcome = await publishStep(deps, turn, event);
          // Who acts on it may run in this process, and many items may have come in one piece: it goes first.
          await (deps.giveWay ?? setImmediate)();
          ms['firstStep'] ??= elapsed();
          if (outcome === 'lost') return false;
          // The executor feeds an invalid item back; what the model said after it was said on a wrong footing, and what was held for the
          // plan's normal end is dropped.
          if (outcome === 'last') {
            const invalid = new AppError(
              'model_invalid_plan',
              'An item did not satisfy the contract.',
              { retryable: true },
            );
            return await end('broken', [], 'INVALID_ITEM', invalid.toInfo());
          }
          break;
        }
        case 'turn.completed':
          return await end('complete', event.parts, event.finishReason);
        case 'turn.broken': {
          // The service stopped where it was told to: at what the budget had left.
          const cause = event.finishReason === 'MAX_TOKENS' ? meter.exhausted() : undefined;
          return await end(
            'broken',
            event.parts,
            event.finishReason,
            (cause ?? event.error).toInfo(),
          );
        }
      }
    }
    return true;
  } finally {
    void thoughts.close();
  }
}
