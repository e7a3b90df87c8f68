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
  /** `onBytes` hears of every sign of life, also of those that are no chunk. */
  open(
    request: PlanRequest,
    signal: AbortSignal,
    onBytes?: () => void,
  ): AsyncIterable<ResponseChunk>;
}
