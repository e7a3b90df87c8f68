import { systemClock, type Clock } from '../../../shared/core/clock.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { readAttempt, type Attempt } from './attempt.ts';
import { fromVendorError, type ErrorContext } from './gemini-errors.ts';
import { mergedPlanning } from './generation-settings.ts';
import type { GeminiTransport } from './gemini-transport.ts';
import type { LiveTransportOptions } from './live-transport.ts';
import type { PlanForm, Planning } from '../../../shared/contracts/planning.ts';
import type { PlanningEvent, PlanRequest } from './planning-event.ts';
import { retryWait, strictly, type RetryRules } from './retry-rules.ts';
import { createSseTransport, type SseTransportOptions } from './sse-transport.ts';

export interface GeminiClientOptions extends SseTransportOptions, Partial<RetryRules> {
  /** `live` takes plans as function calls only. */
  readonly transportKind?: 'sse' | 'live';
  /** Another way to the same answer, instead of both. */
  readonly transport?: GeminiTransport;
  readonly live?: Partial<LiveTransportOptions>;
  /** The deployment's; a request may say otherwise. */
  readonly planning?: Planning;
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
  /** Rejects with `model_rejected` when the model does not suit the settings, as far as that can be known before it is asked. */
  check(signal: AbortSignal): Promise<void>;
}

function transportOf(options: GeminiClientOptions): GeminiTransport {
  if (options.transport) return options.transport;
  if (options.transportKind !== 'live') return createSseTransport(options);
  const { apiKey, model, baseUrl, maxOutputTokens } = options;
  return lateTransport(async () => {
    const { createLiveTransport } = await import('./live-transport.ts');
    return createLiveTransport({
      apiKey,
      model,
      ...(baseUrl !== undefined && { baseUrl }),
      ...(maxOutputTokens !== undefined && { maxOutputTokens }),
      ...options.live,
    });
  });
}

/** The Live SDK is large: only who uses it pays for it at a cold start. */
function lateTransport(load: () => Promise<GeminiTransport>): GeminiTransport {
  let loaded: Promise<GeminiTransport> | undefined;
  const transport = (): Promise<GeminiTransport> => (loaded ??= load());
  return {
    async *open(...asked) {
      yield* (await transport()).open(...asked);
    },
    async check(signal) {
      await (await transport()).check?.(signal);
    },
  };
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
  const { planning = {}, transportKind = 'sse' } = options;
  const isLive = transportKind === 'live';
  /** What a model that refuses the plan's schema is asked for instead, from then on. */
  let fallback: PlanForm | undefined;

  return {
    model: options.model,
    async check(signal) {
      try {
        await transport.check?.(signal);
      } catch (error) {
        throw fromVendorError(error, context);
      }
    },
    async *streamPlan(given, signal) {
      const started = clock.monotonicMs();
      const wanted = given.form ?? planning.form ?? 'json';
      let request: PlanRequest = {
        ...given,
        form: isLive ? 'calls' : wanted === 'json' ? (fallback ?? 'json') : wanted,
        planning: mergedPlanning(planning, given.planning ?? {}),
      };
      // Asked for in so many words by a task, and not to be had here.
      if (isLive && given.form !== undefined && given.form !== 'calls') {
        yield {
          type: 'turn.broken',
          error: new AppError(
            'model_rejected',
            `the task asks for plans in the form ${given.form}, which the Live API does not take; leave contract.planning.form out, or set GEMINI_TRANSPORT=sse`,
          ),
          itemsClosed: 0,
          parts: [],
        };
        return;
      }
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
          fallback = 'calls';
          request = { ...request, form: fallback };
        } else if (broken.code === 'model_invalid_plan')
          request = request = strictly(request, given.contents);
        await clock.sleep(wait, signal);
      }
    },
  };
}
