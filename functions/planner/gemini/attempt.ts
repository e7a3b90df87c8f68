import type { TokenUse } from '../../../shared/contracts/run.ts';
import type { Clock } from '../../../shared/core/clock.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { Viewport } from './computer-use.ts';
import {
  fromBlockReason,
  fromFinishReason,
  fromStreamError,
  type ErrorContext,
} from './gemini-errors.ts';
import type { GeminiTransport, ResponseChunk } from './gemini-transport.ts';
import { createPlanReader, type PlanReader } from './plan-reader.ts';
import type { PlanningEvent, PlanRequest, RawPart } from './planning-event.ts';
import { withDeadline, type StallLimits } from './stall-watch.ts';

/** What one call to the model has brought so far. */
export interface Attempt {
  parts: RawPart[];
  usage: TokenUse;
  itemsClosed: number;
  opened: boolean;
  finishReason?: string;
}

export interface AttemptDeps {
  readonly transport: GeminiTransport;
  readonly context: ErrorContext;
  readonly clock: Clock;
  readonly limits: StallLimits;
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

function readUsage(metadata: Readonly<Record<string, unknown>>): TokenUse {
  return {
    prompt: count(metadata['promptTokenCount']),
    cached: count(metadata['cachedContentTokenCount']),
    output: count(metadata['candidatesTokenCount']),
    thoughts: count(metadata['thoughtsTokenCount']),
  };
}

/** The newest observation's viewport, as the prompt tells it. */
function viewOf(request: PlanRequest): Viewport | undefined {
  for (const { parts } of request.contents.toReversed())
    for (const part of parts) {
      const [, width, height] =
        /^view: (\d+)x(\d+)/m.exec(typeof part['text'] === 'string' ? part['text'] : '') ?? [];
      if (width !== undefined && height !== undefined)
        return { width: Number(width), height: Number(height) };
    }
  return undefined;
}

function* readChunk(
  chunk: ResponseChunk,
  attempt: Attempt,
  reader: PlanReader,
  context: ErrorContext,
): Generator<PlanningEvent> {
  if (chunk.error !== undefined) throw fromStreamError(chunk.error, context);
  if (chunk.usageMetadata) {
    attempt.usage = readUsage(chunk.usageMetadata);
    yield { type: 'usage', usage: attempt.usage };
  }
  const blockReason = chunk.promptFeedback?.blockReason;
  if (blockReason !== undefined) throw fromBlockReason(blockReason, context);
  const candidate = chunk.candidates?.[0];
  for (const part of candidate?.content?.parts ?? []) {
    attempt.parts.push(part);
    if (part['thought'] === true) {
      const text = part['text'];
      if (typeof text === 'string' && text !== '') yield { type: 'thought.delta', text };
      continue;
    }
    for (const fragment of reader.read(part)) {
      if (fragment.kind === 'thought') yield { type: 'thought.delta', text: fragment.text };
      if (fragment.kind !== 'step') continue;
      attempt.itemsClosed = fragment.index;
      const { index, item, doubt } = fragment;
      yield { type: 'step.closed', index, item, ...(doubt !== undefined && { doubt }) };
    }
    const failure = reader.failure();
    if (failure) throw failure;
  }
  if (candidate?.finishReason !== undefined) attempt.finishReason = candidate.finishReason;
}

/** One call; throws what broke it. */
export async function* readAttempt(
  { transport, context, clock, limits }: AttemptDeps,
  request: PlanRequest,
  attempt: Attempt,
  signal: AbortSignal,
): AsyncGenerator<PlanningEvent> {
  const abort = new AbortController();
  const reader = createPlanReader(request.form ?? 'json', viewOf(request));
  const started = clock.monotonicMs();
  const chunks = withDeadline(
    (onBytes) => transport.open(request, AbortSignal.any([signal, abort.signal]), onBytes),
    limits,
    abort,
  );
  for await (const chunk of chunks) {
    if (!attempt.opened) yield { type: 'stream.opened', ms: clock.monotonicMs() - started };
    attempt.opened = true;
    yield* readChunk(chunk, attempt, reader, context);
  }
  if (attempt.finishReason === undefined)
    throw new AppError(
      'model_stream_broken',
      'The answer ended without a finish reason: it was cut.',
      { retryable: true },
    );
  const refused = fromFinishReason(attempt.finishReason, context);
  if (refused) throw refused;
  if (!reader.isComplete())
    throw new AppError('model_invalid_plan', 'The answer ended before its plan did.', {
      retryable: true,
      details: { reAsks: 2 },
    });
}
