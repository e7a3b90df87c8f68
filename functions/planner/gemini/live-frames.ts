import { AppError } from '../../../shared/core/errors.ts';
import type { ResponseChunk } from './gemini-transport.ts';
import type { RawPart } from './planning-event.ts';

/** A frame of the Live API, as little of it as is used. */
export interface LiveFrame {
  readonly serverContent?: {
    readonly modelTurn?: { readonly parts?: readonly RawPart[] };
    readonly turnComplete?: boolean;
    readonly turnCompleteReason?: string;
    readonly interrupted?: boolean;
  };
  readonly toolCall?: { readonly functionCalls?: readonly RawPart[] };
  readonly toolCallCancellation?: { readonly ids?: readonly string[] };
  readonly usageMetadata?: Readonly<Record<string, unknown>>;
  readonly sessionResumptionUpdate?: {
    readonly newHandle?: string;
    readonly resumable?: boolean;
    readonly lastConsumedClientMessageIndex?: string | number;
  };
  readonly goAway?: { readonly timeLeft?: string };
  readonly error?: unknown;
}

/** A turn that waits for more input has said what it had to say. */
const ENDS_WELL = new Set(['TURN_COMPLETE_REASON_UNSPECIFIED', 'NEED_MORE_INPUT']);

/** What the frame says in the words of the other transport; undefined when it is about the session only. */
export function chunkOf(frame: LiveFrame): ResponseChunk | undefined {
  if (frame.error !== undefined) return { error: frame.error };
  const { serverContent, usageMetadata } = frame;
  if (serverContent?.interrupted === true || frame.toolCallCancellation)
    throw new AppError('model_stream_broken', 'The model took back what it had begun to say.', {
      retryable: true,
    });
  const parts: RawPart[] = [
    ...(serverContent?.modelTurn?.parts ?? []),
    ...(frame.toolCall?.functionCalls ?? []).map((functionCall) => ({ functionCall })),
  ];
  const reason = serverContent?.turnCompleteReason;
  const finishReason =
    serverContent?.turnComplete !== true
      ? undefined
      : reason === undefined || ENDS_WELL.has(reason)
        ? 'STOP'
        : reason;
  if (parts.length === 0 && finishReason === undefined && !usageMetadata) return undefined;
  return {
    candidates: [{ content: { parts }, ...(finishReason !== undefined && { finishReason }) }],
    ...(usageMetadata && {
      usageMetadata: {
        ...usageMetadata,
        candidatesTokenCount:
          usageMetadata['responseTokenCount'] ?? usageMetadata['candidatesTokenCount'],
      },
    }),
  };
}

const REJECTED = new Set([1002, 1003, 1007, 1008]);

/** A connection that closed before the turn was complete. */
export function fromClose(code: number, reason: string, goingAway: string | undefined): AppError {
  const said = reason === '' ? '' : `: ${reason.slice(0, 300)}`;
  if (REJECTED.has(code))
    return new AppError(
      'model_rejected',
      `The Live API closed the session with ${code}${said}. The key, the model or its settings do not suit it; GEMINI_TRANSPORT=sse takes any model.`,
      { details: { closeCode: code } },
    );
  const announced = goingAway === undefined ? '' : `, as it had announced ${goingAway} before`;
  return new AppError(
    code === 1011 || code === 1013 ? 'model_unavailable' : 'model_stream_broken',
    `The Live session closed with ${code} before the turn was complete${announced}${said}`,
    { retryable: true, details: { closeCode: code } },
  );
}
