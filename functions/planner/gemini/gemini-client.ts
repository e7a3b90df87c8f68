import { systemClock, type Clock } from '../../../shared/core/clock.ts';
import type { AppError } from '../../../shared/core/errors.ts';
import { readAttempt, type Attempt } from './attempt.ts';
import { fromVendorError, type ErrorContext } from './gemini-errors.ts';
import type { GeminiTransport } from './gemini-transport.ts';
import { createLiveTransport, type LiveTransportOptions } from './live-transport.ts';
import type { PlanForm, PlanningEvent, PlanRequest } from './planning-event.ts';
import { retryWait, strictly, type RetryRules } from './retry-rules.ts';
import { createSseTransport, type SseTransportOptions } from './sse-transport.ts';

export interface GeminiClientOptions extends SseTransportOptions, Partial<RetryRules> {
  /** `live` takes plans as function calls only. */
  readonly transportKind?: 'sse' | 'live';
  /** Another way to the same answer, instead of both. */
  readonly transport?: GeminiTransport;
  readonly live?: Partial<LiveTransportOptions>;
  readonly form?: PlanForm;
  /** Silence after which a call counts as dead; the first byte may take longer, since models think before they speak. */
  readonly stallMs?: number;
  readonly firstByteMs?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
}

export interface GeminiClient {
  readonly model: string;
  /** Never rejects for what the model or the network does: that is `turn.broken`. Rejects only when `signal` aborts. */
  streamPlan(request: PlanRequest, signal: AbortSignal): AsyncIterable<PlanningEvent>;
}

function transportOf(options: GeminiClientOptions): GeminiTransport {
  if (options.transport) return options.transport;
  if (options.transportKind !== 'live') return createSseTransport(options);
  const { apiKey, model, baseUrl, temperature, maxOutputTokens } = options;
  return createLiveTransport({
    apiKey,
    model,
    ...(baseUrl !== undefined && { baseUrl }),
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...options.live,
  });
}

export function createGeminiClient(options: GeminiClientOptions): GeminiClient {
  const { stallMs = 30_000, firstByteMs = 90_000 } = options;
  const { clock = systemClock, random = Math.random } = options;
  const rules: RetryRules = {
    maxAttempts: options.maxAttempts ?? 4,
    maxRetryMs: options.maxRetryMs ?? 120_000,
    backOffMs: options.backOffMs ?? 500,
    maxBackOffMs: options.maxBackOffMs ?? 20_000,
  };
  const transport = transportOf(options);
  const context: ErrorContext = { model: options.model, apiKey: options.apiKey };
  let form: PlanForm = options.transportKind === 'live' ? 'calls' : (options.form ?? 'json');

  return {
    model: options.model,
    async *streamPlan(given, signal) {
      const started = clock.monotonicMs();
      let request: PlanRequest = { form, ...given };
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
          const deps = {
            transport,
            context,
            clock,
            limits: { firstMs: firstByteMs, restMs: stallMs },
          };
          yield* readAttempt(deps, request, attempt, signal);
        } catch (error) {
          signal.throwIfAborted();
          broken = fromVendorError(error, context);
        }
        const { itemsClosed, parts, finishReason } = attempt;
        if (!broken) {
          const type = 'turn.completed';
          yield { type, finishReason: finishReason ?? 'STOP', itemsClosed, parts };
          return;
        }
        // Two streams are never joined: once an item has closed, this turn is over.
        const spent = { attempts: number, ms: clock.monotonicMs() - started };
        const wait = itemsClosed === 0 ? retryWait(broken, spent, rules, random) : undefined;
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
        if (broken.details?.['schemaRefused'] === true) {
          form = 'calls';
          request = { ...request, form };
        } else if (broken.code === 'model_invalid_plan')
          request = strictly(given, request.form ?? form);
        await clock.sleep(wait, signal);
      }
    },
  };
}
