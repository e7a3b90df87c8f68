import { createSseNormaliser, type NormaliserOptions } from './sse-normaliser.ts';

/** How many events the reader of the stream has asked for. */
export interface Demand {
  /** Asks for one more. */
  add(): void;
  take(): Promise<void>;
}

/** The SDK reads its stream to the end behind our back; events that nobody asked for yet stay in the socket because of this. */
export function createDemand(): Demand {
  const state = { asked: 0 };
  let waiting: (() => void) | undefined;
  return {
    add() {
      state.asked += 1;
      waiting?.();
    },
    async take() {
      while (state.asked === 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting = resolve;
        await promise;
      }
      state.asked -= 1;
    },
  };
}

export interface ResponseHooks {
  readonly demand: Demand;
  /** Any byte, a comment's too. */
  readonly onBytes: () => void;
  /** The SDK turns every error of the stream into one text; this keeps the error itself. */
  readonly onError: (error: unknown) => void;
}

/** An answer of HTTP 200 with its body normalised; any other answer as it is. */
export function normalisedResponse(
  response: Response,
  hooks: ResponseHooks,
  options: NormaliserOptions = {},
): Response {
  if (!response.ok || !response.body) return response;
  const source = response.body.getReader();
  const encoder = new TextEncoder();
  const waiting: string[] = [];
  const normaliser = createSseNormaliser((event) => void waiting.push(event), options);
  const state: { failed?: { error: unknown }; ended: boolean } = { ended: false };

  async function next(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await source.read();
      state.ended = done;
      return value;
    } catch (error) {
      // The connection broke; what it had brought is still whole where it is whole.
      state.failed = { error };
      return undefined;
    }
  }

  async function read(): Promise<void> {
    const bytes = await next();
    if (bytes) hooks.onBytes();
    try {
      if (bytes) normaliser.push(bytes);
      else normaliser.end();
    } catch (error) {
      state.failed ??= { error };
    }
  }

  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        while (waiting.length === 0 && !state.ended && !state.failed) await read();
        await hooks.demand.take();
        const event = waiting.shift();
        if (event !== undefined) controller.enqueue(encoder.encode(event));
        else if (state.failed) {
          hooks.onError(state.failed.error);
          void source.cancel().catch(() => undefined);
          controller.error(state.failed.error);
        } else controller.close();
      },
      async cancel(reason) {
        await source.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { status: response.status, headers: response.headers });
}
