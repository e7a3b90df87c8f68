import { withAnswer, type Fetch } from '../scoped-fetch.ts';
import { createGeminiClient, type GeminiClientOptions } from '../gemini-client.ts';
import type { PlanningEvent, PlanRequest } from '../planning-event.ts';
import { GoogleGenerativeAI } from '@google/generative-ai';
import { createPlanParser } from '../plan-parser.ts';

export const REQUEST: PlanRequest = {
  systemInstruction: 'system',
  contents: [{ role: 'user', parts: [{ text: 'hello' }] }],
};

export interface ByteScript {
  readonly bytes: readonly (Uint8Array | string)[];
  /** `reset` breaks the connection after the last piece, `hang` says nothing more. */
  readonly end?: 'end' | 'reset' | 'hang';
  readonly headers?: Record<string, string>;
  readonly status?: number;
  /** Told when the reader has gone. */
  readonly onCancel?: () => void;
}

const encoder = new TextEncoder();
const bytesOf = (piece: Uint8Array | string): Uint8Array =>
  typeof piece === 'string' ? encoder.encode(piece) : piece;

/** The process's fetch replaced by an answer of exactly these bytes, in exactly these pieces. */
export function fetchOf(script: ByteScript | (() => ByteScript)): Fetch {
  return async (_input, init) => {
    const { bytes, end = 'end', headers, status = 200, onCancel } = typeof script === 'function' ? script() : script;
    const pieces = bytes.map(bytesOf).filter((piece) => piece.length > 0);
    let index = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const piece = pieces[index++];
        if (piece) controller.enqueue(piece);
        else if (end === 'end') controller.close();
        else if (end === 'reset') controller.error(new TypeError('terminated'));
        else
          await new Promise<void>((resolve) => {
            init?.signal?.addEventListener('abort', () => {
              controller.error(init.signal?.reason);
              resolve();
            });
          });
      },
      cancel: () => onCancel?.(),
    }, { highWaterMark: 0 });
    return new Response(body, { status, headers: { 'content-type': 'text/event-stream', ...headers } });
  };
}

export interface Seen {
  readonly events: readonly PlanningEvent[];
  readonly items: readonly unknown[];
  readonly last: PlanningEvent | undefined;
  readonly attempts: number;
}

export async function play(
  script: ByteScript | (() => ByteScript),
  options: Partial<GeminiClientOptions> = {},
): Promise<Seen> {
  const client = createGeminiClient({
    apiKey: 'the-key',
    model: 'gemini-x',
    baseUrl: 'http://127.0.0.1:9',
    fetch: fetchOf(script),
    maxAttempts: 1,
    ...options,
  });
  return collect(client.streamPlan(REQUEST, new AbortController().signal));
}

export async function collect(stream: AsyncIterable<PlanningEvent>): Promise<Seen> {
  const events: PlanningEvent[] = [];
  for await (const event of stream) events.push(event);
  return {
    events,
    items: events.flatMap((event) => (event.type === 'step.closed' ? [event.item] : [])),
    last: events.at(-1),
    attempts: events.filter((event) => event.type === 'turn.started').length,
  };
}

/** The control: what the SDK makes of the same bytes when nothing stands before it. */
export async function playRaw(script: ByteScript): Promise<{ items: unknown[]; end: string }> {
  const items: unknown[] = [];
  const parser = createPlanParser();
  let finish: string | undefined;
  try {
    const sdk = new GoogleGenerativeAI('k').getGenerativeModel({ model: 'm' }, { baseUrl: 'http://127.0.0.1:9' });
    const result = await withAnswer((response) => response, () => sdk.generateContentStream('x'), fetchOf(script));
    result.response.catch(() => undefined);
    for await (const chunk of result.stream) {
      const candidate = chunk.candidates?.[0];
      finish = candidate?.finishReason ?? finish;
      for (const part of candidate?.content?.parts ?? [])
        for (const fragment of parser.write(part.text ?? ''))
          if (fragment.kind === 'step') items.push(fragment.item);
    }
    return { items, end: finish ?? 'no finish reason' };
  } catch (error) {
    return { items, end: `threw ${(error as Error).message.slice(0, 60)}` };
  }
}

/** One event of the wire, with the counts that grow as the service's do. */
export function wireEvent(
  text: string,
  options: { finishReason?: string; tokens?: number; extra?: object } = {},
): string {
  return `data: ${wirePayload(text, options)}\n\n`;
}
export function wirePayload(
  text: string,
  { finishReason, tokens, extra }: { finishReason?: string; tokens?: number; extra?: object } = {},
): string {
  return JSON.stringify({
    candidates: [
      { content: { role: 'model', parts: [{ text }] }, ...(finishReason && { finishReason }), index: 0 },
    ],
    ...(tokens !== undefined && { usageMetadata: { promptTokenCount: 7, candidatesTokenCount: tokens } }),
    ...extra,
  });
}
