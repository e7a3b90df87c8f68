import { GoogleGenAI, Live, type LiveConnectConfig } from '@google/genai';

import { AppError } from '../../../shared/core/errors.ts';
import { CALL_DECLARATIONS } from './call-schema.ts';
import { functionCallOf } from './function-call.ts';
import { createFrameQueue, type FrameQueue } from './frame-queue.ts';
import { generationSettings } from './generation-settings.ts';
import type { GeminiTransport } from './gemini-transport.ts';
import { chunkOf, fromClose, type LiveFrame } from './live-frames.ts';
import { LiveSocket } from './live-socket.ts';

import type { PlanRequest } from './planning-event.ts';

export interface LiveTransportOptions {
  readonly apiKey: string;
  readonly model: string;
  readonly baseUrl?: string;
  readonly maxOutputTokens?: number;
  /** What the model must be able to answer with, beside function calls. */
  readonly modality?: 'TEXT' | 'AUDIO';
  readonly setupMs?: number;
  readonly pingMs?: number;
  readonly maxFrameBytes?: number;
  readonly maxDepth?: number;
}

type SocketFactory = ConstructorParameters<typeof Live>[2];

/** The SDK's Live client on a socket of ours; its own leaves bad frames to a promise that nobody watches. */
class LiveDoor extends GoogleGenAI {
  through(webSocketFactory: SocketFactory): Live {
    return new Live(this.apiClient, { addAuthHeaders: async () => undefined }, webSocketFactory);
  }
}

const GO_ON =
  'The connection was lost before your first call arrived. Answer the last message again, from its first step.';

const NOTHING: PlanRequest = { systemInstruction: 'You plan.', contents: [] };

interface Opened {
  readonly send: (message: object) => void;
  readonly frames: FrameQueue<LiveFrame>;
  /** What the service announced, if it is about to close. */
  readonly goingAway: { timeLeft?: string };
  readonly close: () => void;
}

/** `BidiGenerateContent` through the SDK: one session a turn, one function call a step. */
export function createLiveTransport(options: LiveTransportOptions): GeminiTransport {
  const { setupMs = 15_000, pingMs = 10_000, modality = 'TEXT' } = options;
  const { maxFrameBytes = 4 * 1024 * 1024, maxDepth = 64 } = options;
  const sdk = new LiveDoor({
    apiKey: options.apiKey,
    httpOptions: {
      apiVersion: 'v1beta',
      ...(options.baseUrl !== undefined && { baseUrl: options.baseUrl }),
    },
  });
  /** By request, for its further attempts: the service still knows what it was sent. */
  const handles = new WeakMap<PlanRequest, string>();

  function configOf(request: PlanRequest): LiveConnectConfig {
    const handle = handles.get(request);
    const maxOutputTokens = request.maxOutputTokens ?? options.maxOutputTokens;
    const config = {
      responseModalities: [modality],
      systemInstruction: request.systemInstruction,
      tools: [{ functionDeclarations: CALL_DECLARATIONS }],
      sessionResumption: handle === undefined ? {} : { handle },
      ...generationSettings(request.planning),
      ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    };
    return config as unknown as LiveConnectConfig;
  }

  async function connect(
    request: PlanRequest,
    signal: AbortSignal,
    onBytes: () => void,
  ): Promise<Opened> {
    let socket: LiveSocket | undefined;
    let failure: Error | undefined;
    let closed: { code: number; reason: string } | undefined;
    const goingAway: { timeLeft?: string } = {};
    const frames = createFrameQueue<LiveFrame>(64, {
      pause: () => socket?.pause(),
      resume: () => socket?.resume(),
    });
    const onFailure = (error: Error): void => {
      failure ??= error;
      frames.end(error);
    };
    const factory: SocketFactory = {
      create: (url, headers, callbacks) =>
        (socket = new LiveSocket(url, headers, callbacks, {
          maxFrameBytes,
          maxDepth,
          pingMs,
          onBytes,
          onFailure,
        })),
    };
    const onAbort = (): void => socket?.fail(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    // Without `setupComplete` the SDK would wait for ever.
    const timer = setTimeout(() => {
      const late = `The Live API did not complete the set-up within ${setupMs / 1_000} s.`;
      socket?.fail(new AppError('model_unavailable', late, { retryable: true }));
    }, setupMs);
    try {
      await sdk.through(factory).connect({
        model: options.model,
        config: configOf(request),
        callbacks: {
          onmessage: (message) => frames.push(message as unknown as LiveFrame),
          onclose: (event: { code: number; reason: string }) => {
            closed = event;
            frames.end(failure ?? fromClose(event.code, event.reason, goingAway.timeLeft));
          },
        },
      });
      const close = (): void => {
        signal.removeEventListener('abort', onAbort);
        socket?.close();
      };
      const send = (message: object): void => socket?.send(JSON.stringify(message));
      return { send, frames, goingAway, close };
    } catch (error) {
      signal.removeEventListener('abort', onAbort);
      socket?.cut();
      const refused =
        failure ?? (closed ? fromClose(closed.code, closed.reason, undefined) : error);
      // What was refused may be the handle: the next attempt goes without it, and says everything anew.
      if (handles.delete(request))
        throw new AppError('model_unavailable', 'The Live session could not be resumed.', {
          cause: refused,
          retryable: true,
        });
      throw refused;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async check(signal) {
      const { close } = await connect(NOTHING, signal, () => undefined);
      close();
    },
    async *open(request, signal, onBytes = () => undefined) {
      signal.throwIfAborted();
      const resumed = handles.has(request);
      const { send, frames, goingAway, close } = await connect(request, signal, onBytes);
      try {
        const turns = resumed ? [{ role: 'user', parts: [{ text: GO_ON }] }] : request.contents;
        // Not by the SDK's own call: it drops fields that it does not know, and parts go back as they came.
        send({ clientContent: { turns, turnComplete: true } });
        for (;;) {
          const frame = await frames.next();
          if (!frame) return;
          const { newHandle, resumable, lastConsumedClientMessageIndex } =
            frame.sessionResumptionUpdate ?? {};
          // Only what the service has read counts as known to it.
          const known = resumed || lastConsumedClientMessageIndex !== undefined;
          if (newHandle !== undefined && newHandle !== '' && resumable !== false && known)
            handles.set(request, newHandle);
          if (frame.goAway) goingAway.timeLeft = frame.goAway.timeLeft ?? 'a moment';
          const chunk = chunkOf(frame);
          if (!chunk) continue;
          const calls = (frame.toolCall?.functionCalls ?? []).flatMap(
            (functionCall) => functionCallOf({ functionCall }) ?? [],
          );
          // Answered at once, so that the model goes on to the next step; what became of this one stands in the next turn.
          if (calls.length > 0)
            send({
              toolResponse: {
                functionResponses: calls.map(({ id, name }) => ({
                  ...(id !== undefined && { id }),
                  name,
                  response: { status: 'queued' },
                })),
              },
            });
          yield chunk;
          if (chunk.candidates?.[0]?.finishReason !== undefined) return;
        }
      } finally {
        close();
      }
    },
  };
}
