import {
  GoogleGenerativeAI,
  type GenerateContentRequest,
  type GenerationConfig,
} from '@google/generative-ai';

import { AppError } from '../../../shared/core/errors.ts';
import { CALL_DECLARATIONS, OWN_DECLARATIONS } from './call-schema.ts';
import { EXCLUDED_CALLS } from './computer-use.ts';
import { generationSettings, safetySettings } from './generation-settings.ts';
import { createDemand, normalisedResponse } from './normalised-response.ts';
import type { GeminiTransport, ResponseChunk } from './gemini-transport.ts';
import type { PlanForm } from '../../../shared/contracts/planning.ts';
import type { PlanRequest } from './planning-event.ts';
import { retryAfterMs } from './retry-after.ts';
import { withAnswer, type Fetch } from './scoped-fetch.ts';
import type { NormaliserOptions } from './sse-normaliser.ts';
import { PLAN_SCHEMA } from './wire-schema.ts';

export interface SseTransportOptions {
  readonly apiKey: string;
  readonly model: string;
  /** Without a path, such as http://127.0.0.1:9090. Absent: Google's. */
  readonly baseUrl?: string;
  readonly maxOutputTokens?: number;
  readonly normaliser?: NormaliserOptions;
  /** Instead of the process's own. */
  readonly fetch?: Fetch;
}

function generationConfig(options: SseTransportOptions, request: PlanRequest): GenerationConfig {
  const { form = 'json' } = request;
  const maxOutputTokens = request.maxOutputTokens ?? options.maxOutputTokens;
  const config = {
    ...(form === 'json' && { responseMimeType: 'application/json', responseSchema: PLAN_SCHEMA }),
    ...generationSettings(request.planning),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
  };
  // The SDK's types predate propertyOrdering and thinking; it sends what it is given.
  return config as unknown as GenerationConfig;
}

/** What the model may call, by form of the plan; `json` has no tools. */
function toolsOf(form: PlanForm): object {
  if (form === 'json') return {};
  if (form === 'calls')
    return {
      tools: [{ functionDeclarations: CALL_DECLARATIONS }],
      toolConfig: { functionCallingConfig: { mode: 'ANY' } },
    };
  const computerUse = {
    environment: 'ENVIRONMENT_BROWSER',
    excludedPredefinedFunctions: [...EXCLUDED_CALLS],
  };
  return { tools: [{ computerUse }, { functionDeclarations: OWN_DECLARATIONS }] };
}

interface Call {
  retryAfterMs?: number;
  failure?: unknown;
}

/** What the SDK made unrecognisable: no answer at all, a delay that the service asked for, the stream's own error. */
function restored(error: unknown, call: Call, model: string): unknown {
  if (call.failure !== undefined) return call.failure;
  if (!(error instanceof Error) || AppError.is(error)) return error;
  if ('status' in error)
    return call.retryAfterMs === undefined
      ? error
      : Object.assign(error, { retryAfterMs: call.retryAfterMs });
  return new AppError(
    'model_unavailable',
    `Gemini (${model}) cannot be reached: ${error.message}`,
    { cause: error, retryable: true },
  );
}

/** `streamGenerateContent?alt=sse` through the SDK, with the bytes normalised before it reads them. */
export function createSseTransport(options: SseTransportOptions): GeminiTransport {
  const sdk = new GoogleGenerativeAI(options.apiKey);
  const requestOptions = options.baseUrl === undefined ? {} : { baseUrl: options.baseUrl };
  return {
    async *open(request, signal, onBytes = () => undefined) {
      // The SDK does not look at a signal that was aborted before the call.
      signal.throwIfAborted();
      const { form = 'json' } = request;
      const abort = new AbortController();
      const onAbort = (): void => abort.abort();
      signal.addEventListener('abort', onAbort, { once: true });
      const call: Call = {};
      const demand = createDemand();
      const answer = (response: Response): Response => {
        onBytes();
        const delay = retryAfterMs(response.headers.get('retry-after'), Date.now());
        if (delay !== undefined) call.retryAfterMs = delay;
        const hooks = { demand, onBytes, onError: (error: unknown) => void (call.failure = error) };
        return normalisedResponse(response, hooks, options.normaliser);
      };
      try {
        const model = sdk.getGenerativeModel(
          {
            model: options.model,
            generationConfig: generationConfig(options, request),
            systemInstruction: request.systemInstruction,
          },
          requestOptions,
        );
        const body = {
          contents: request.contents,
          ...toolsOf(form),
          ...safetySettings(request.planning),
        } as unknown as GenerateContentRequest;
        const result = await withAnswer(
          answer,
          () => model.generateContentStream(body, { signal: abort.signal }),
          options.fetch,
        );
        // The SDK also aggregates the stream behind our back; its copy fails with the stream and nobody else would hear it.
        result.response.catch(() => undefined);
        const chunks = result.stream[Symbol.asyncIterator]();
        for (;;) {
          demand.add();
          const next = await chunks.next();
          if (next.done === true) return;
          yield next.value as unknown as ResponseChunk;
        }
      } catch (error) {
        throw restored(error, call, options.model);
      } finally {
        signal.removeEventListener('abort', onAbort);
        // Leaving the loop alone would keep the connection open.
        abort.abort();
      }
    },
  };
}
