import type { TokenUse } from '../../../shared/contracts/run.ts';
import { systemClock, type Clock } from '../../../shared/core/clock.ts';
import { AppError } from '../../../shared/core/errors.ts';
import {
  fromBlockReason,
  fromFinishReason,
  fromStreamError,
  fromVendorError,
  type ErrorContext,
} from './gemini-errors.ts';
import {
  createSseTransport,
  type GeminiTransport,
  type ResponseChunk,
  type SseTransportOptions,
} from './gemini-transport.ts';
import { createPlanParser, type PlanFragment } from './plan-parser.ts';
import type { PlanningEvent, PlanRequest, RawPart } from './planning-event.ts';

export interface GeminiClientOptions extends SseTransportOptions {
  /** Another way to the same answer; absent: SSE through the SDK. */
  readonly transport?: GeminiTransport;
  /** Silence after which a call counts as dead; the first byte may take longer, since models think before they speak. */
  readonly stallMs?: number;
  readonly firstByteMs?: number;
  readonly maxAttempts?: number;
  readonly backOffMs?: number;
  readonly maxBackOffMs?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
}

export interface GeminiClient {
  readonly model: string;
  /** Never rejects for what the model or the network does: that is `turn.broken`. Rejects only when `signal` aborts. */
  streamPlan(request: PlanRequest, signal: AbortSignal): AsyncIterable<PlanningEvent>;
}

interface Attempt {
  parts: RawPart[];
  usage: TokenUse;
  itemsClosed: number;
  opened: boolean;
  finishReason?: string;
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

/** Iterates with a deadline on each step: `first` until the first value, then `rest`. Closes the source in any case. */
async function* withDeadline<T>(
  source: AsyncIterable<T>,
  first: number,
  rest: number,
  abort: AbortController,
): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let limit = first;
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const stalled = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => {
          reject(
            new AppError('model_unavailable', `Gemini sent nothing for ${limit / 1_000} s.`, {
              retryable: true,
            }),
          );
        }, limit);
      });
      const next = iterator.next();
      // When the deadline wins, the pending read ends by the abort below and must not surface as unhandled.
      next.catch(() => undefined);
      const result = await Promise.race([next, stalled]).finally(() => clearTimeout(timer));
      if (result.done) return;
      limit = rest;
      yield result.value;
    }
  } finally {
    abort.abort();
    void iterator.return?.().catch(() => undefined);
  }
}

export function createGeminiClient(options: GeminiClientOptions): GeminiClient {
  const {
    stallMs = 30_000,
    firstByteMs = 90_000,
    maxAttempts = 4,
    backOffMs = 500,
    maxBackOffMs = 20_000,
  } = options;
  const { clock = systemClock, random = Math.random } = options;
  const transport = options.transport ?? createSseTransport(options);
  const context: ErrorContext = { model: options.model, apiKey: options.apiKey };

  function* readChunk(
    chunk: ResponseChunk,
    attempt: Attempt,
    parse: (text: string) => readonly PlanFragment[],
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
      const text = part['text'];
      if (typeof text !== 'string' || text === '') continue;
      if (part['thought'] === true) {
        yield { type: 'thought.delta', text };
        continue;
      }
      for (const fragment of parse(text)) {
        if (fragment.kind === 'thought') yield { type: 'thought.delta', text: fragment.text };
        if (fragment.kind !== 'step') continue;
        attempt.itemsClosed = fragment.index;
        yield { type: 'step.closed', index: fragment.index, item: fragment.item };
      }
    }
    if (candidate?.finishReason !== undefined) attempt.finishReason = candidate.finishReason;
  }

  /** One call; throws what broke it. */
  async function* call(
    request: PlanRequest,
    attempt: Attempt,
    signal: AbortSignal,
  ): AsyncGenerator<PlanningEvent> {
    const abort = new AbortController();
    const parser = createPlanParser();
    const started = clock.monotonicMs();
    const chunks = transport.open(request, AbortSignal.any([signal, abort.signal]));
    for await (const chunk of withDeadline(chunks, firstByteMs, stallMs, abort)) {
      if (!attempt.opened) yield { type: 'stream.opened', ms: clock.monotonicMs() - started };
      attempt.opened = true;
      yield* readChunk(chunk, attempt, (text) => parser.write(text));
    }
    if (attempt.finishReason === undefined)
      throw new AppError(
        'model_stream_broken',
        'The answer ended without a finish reason: it was cut.',
        { retryable: true },
      );
    const refused = fromFinishReason(attempt.finishReason, context);
    if (refused) throw refused;
    if (!parser.isComplete())
      throw new AppError('model_invalid_plan', 'The answer ended before its JSON document did.', {
        retryable: true,
      });
  }

  /** Ms to wait before the next attempt; undefined when there is none. */
  function backOff(error: AppError, attempt: number): number | undefined {
    if (!error.retryable || attempt >= maxAttempts) return undefined;
    const asked = error.details?.['retryDelayMs'];
    const jittered = random() * Math.min(maxBackOffMs, backOffMs * 2 ** (attempt - 1));
    if (typeof asked !== 'number') return jittered;
    return asked > maxBackOffMs ? undefined : asked + jittered;
  }

  return {
    model: options.model,
    async *streamPlan(request, signal) {
      for (let number = 1; ; number += 1) {
        const attempt: Attempt = {
          parts: [],
          usage: { prompt: 0, cached: 0, output: 0, thoughts: 0 },
          itemsClosed: 0,
          opened: false,
        };
        let broken: AppError | undefined;
        signal.throwIfAborted();
        yield { type: 'turn.started', attempt: number };
        try {
          yield* call(request, attempt, signal);
        } catch (error) {
          signal.throwIfAborted();
          broken = fromVendorError(error, context);
        }
        const { itemsClosed, parts, finishReason } = attempt;
        if (!broken) {
          yield {
            type: 'turn.completed',
            finishReason: finishReason ?? 'STOP',
            itemsClosed,
            parts,
          };
          return;
        }
        const wait = itemsClosed === 0 ? backOff(broken, number) : undefined;
        if (wait === undefined) {
          yield {
            type: 'turn.broken',
            error: broken,
            itemsClosed,
            parts,
            ...(finishReason !== undefined && { finishReason }),
          };
          return;
        }
        await clock.sleep(wait, signal);
      }
    },
  };
}
