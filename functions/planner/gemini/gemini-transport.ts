import {
  GoogleGenerativeAI,
  type GenerateContentRequest,
  type GenerationConfig,
} from '@google/generative-ai';

import { AppError } from '../../../shared/core/errors.ts';
import { PLAN_SCHEMA } from './wire-schema.ts';
import type { PlanRequest, RawPart } from './planning-event.ts';

/** A chunk of the answer, as little of it as is used. Vendor objects are read loosely: unknown fields are left alone. */
export interface ResponseChunk {
  readonly candidates?: readonly {
    readonly content?: { readonly parts?: readonly RawPart[] };
    readonly finishReason?: string;
    readonly finishMessage?: string;
  }[];
  readonly promptFeedback?: { readonly blockReason?: string; readonly blockReasonMessage?: string };
  readonly usageMetadata?: Readonly<Record<string, unknown>>;
  readonly error?: unknown;
}

/** One call to the model. Rejects with the vendor's error; ending the iteration or aborting closes the connection. */
export interface GeminiTransport {
  open(request: PlanRequest, signal: AbortSignal): AsyncIterable<ResponseChunk>;
}

export interface SseTransportOptions {
  readonly apiKey: string;
  readonly model: string;
  /** Without a path, such as http://127.0.0.1:9090. Absent: Google's. */
  readonly baseUrl?: string;
  readonly temperature?: number;
  readonly maxOutputTokens?: number;
  /** `thinkingLevel` for Gemini 3 and later, `thinkingBudget` for 2.5; never both. */
  readonly thinkingLevel?: string;
  readonly thinkingBudget?: number;
}

function generationConfig(options: SseTransportOptions): GenerationConfig {
  const thinking =
    options.thinkingLevel !== undefined
      ? { thinkingLevel: options.thinkingLevel, includeThoughts: true }
      : options.thinkingBudget !== undefined
        ? { thinkingBudget: options.thinkingBudget, includeThoughts: true }
        : undefined;
  const config = {
    responseMimeType: 'application/json',
    responseSchema: PLAN_SCHEMA,
    ...(options.temperature !== undefined && { temperature: options.temperature }),
    ...(options.maxOutputTokens !== undefined && { maxOutputTokens: options.maxOutputTokens }),
    ...(thinking && { thinkingConfig: thinking }),
  };
  // The SDK's types predate propertyOrdering and thinking; it sends what it is given.
  return config as unknown as GenerationConfig;
}

/** A call that got no HTTP answer at all; what has a status is the client's to judge. */
function unreachable(error: unknown, model: string): unknown {
  if (!(error instanceof Error) || 'status' in error) return error;
  return new AppError(
    'model_unavailable',
    `Gemini (${model}) cannot be reached: ${error.message}`,
    { cause: error, retryable: true },
  );
}

/** `streamGenerateContent?alt=sse` through the SDK. Bytes are not normalised yet: comment lines in the stream break a turn, loudly. */
export function createSseTransport(options: SseTransportOptions): GeminiTransport {
  const config = generationConfig(options);
  const sdk = new GoogleGenerativeAI(options.apiKey);
  const requestOptions = options.baseUrl === undefined ? {} : { baseUrl: options.baseUrl };
  return {
    async *open(request, signal) {
      // The SDK does not look at a signal that was aborted before the call.
      signal.throwIfAborted();
      const abort = new AbortController();
      const onAbort = (): void => abort.abort();
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        const model = sdk.getGenerativeModel(
          {
            model: options.model,
            generationConfig: config,
            systemInstruction: request.systemInstruction,
          },
          requestOptions,
        );
        const body = { contents: request.contents } as unknown as GenerateContentRequest;
        const result = await model
          .generateContentStream(body, { signal: abort.signal })
          .catch((error: unknown) => {
            throw unreachable(error, options.model);
          });
        // The SDK also aggregates the stream behind our back; its copy fails with the stream and nobody else would hear it.
        result.response.catch(() => undefined);
        for await (const chunk of result.stream) yield chunk as unknown as ResponseChunk;
      } finally {
        signal.removeEventListener('abort', onAbort);
        // Leaving the loop alone would keep the connection open.
        abort.abort();
      }
    },
  };
}
