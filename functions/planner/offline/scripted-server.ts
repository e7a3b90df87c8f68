import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import {
  errorBody,
  sendJson,
  sseEvent,
  startWireServer,
  type GenerateBody,
  type WireServer,
} from './wire-server.ts';

/** One answer of the script. */
export interface ScriptedCall {
  /** The plan document; absent: no text at all. */
  readonly plan?: unknown;
  /** Pieces of the plan's text, instead of cutting it evenly. */
  readonly chunks?: readonly string[];
  readonly thoughts?: readonly string[];
  /** Raw SSE text, instead of everything above. */
  readonly raw?: string;
  /** Answers with this status and an error object instead of a stream. */
  readonly status?: number;
  /** `RetryInfo` of that error, such as "0.2s". */
  readonly retryDelay?: string;
  /** Ends the response after so many bytes: `end` closes it properly, `reset` breaks the connection. */
  readonly cutAfterBytes?: number;
  readonly cut?: 'end' | 'reset';
  /** Absent: STOP. null: none. */
  readonly finishReason?: string | null;
  /** An error object inside the stream, after the plan's text. */
  readonly errorInStream?: {
    readonly code: number;
    readonly status: string;
    readonly message: string;
  };
  readonly delayMs?: number;
  readonly chunkDelayMs?: number;
  /** Never ends the stream. */
  readonly hang?: boolean;
}
export interface ScriptedRequest {
  readonly body: GenerateBody;
  /** Resolves when the client closed the connection or the answer ended. */
  readonly closed: Promise<void>;
}
export interface ScriptedServer extends WireServer {
  readonly requests: readonly ScriptedRequest[];
}
export interface ScriptedServerOptions {
  readonly port?: number;
  readonly host?: string;
  /** By number of the call; the last one answers all that follow. */
  readonly calls: readonly ScriptedCall[] | ((body: GenerateBody, number: number) => ScriptedCall);
}

function frames(call: ScriptedCall): string[] {
  if (call.raw !== undefined) return [call.raw];
  const frame = (part: Record<string, unknown> | undefined, finishReason?: string): string =>
    sseEvent({
      candidates: [
        {
          content: { role: 'model', parts: part ? [part] : [] },
          ...(finishReason !== undefined && { finishReason }),
          index: 0,
        },
      ],
      usageMetadata: {
        promptTokenCount: 100,
        candidatesTokenCount: 10,
        thoughtsTokenCount: 5,
        cachedContentTokenCount: 0,
        totalTokenCount: 115,
      },
      modelVersion: 'scripted',
    });
  const text = call.plan === undefined ? '' : JSON.stringify(call.plan);
  const chunks = call.chunks ?? text.match(/.{1,64}/gsu) ?? [];
  const finishReason = call.finishReason === null ? undefined : (call.finishReason ?? 'STOP');
  const isBroken = call.errorInStream !== undefined;
  return [
    ...(call.thoughts ?? []).map((thought) => frame({ text: thought, thought: true })),
    ...chunks.map((chunk) => frame({ text: chunk })),
    ...(isBroken
      ? [sseEvent({ error: call.errorInStream })]
      : finishReason === undefined
        ? []
        : [frame({ text: '' }, finishReason)]),
  ];
}

/** The wire server of the offline planner answering from a script, faults included: for tests and benches. */
export async function startScriptedServer(options: ScriptedServerOptions): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = [];
  const server = await startWireServer(options, async ({ body, response }) => {
    const number = requests.length;
    requests.push({ body, closed: once(response, 'close').then(() => undefined) });
    const script = options.calls;
    const call =
      (typeof script === 'function' ? script(body, number) : (script[number] ?? script.at(-1))) ??
      {};
    if (call.delayMs !== undefined) await delay(call.delayMs);
    if (call.status !== undefined) {
      const details =
        call.retryDelay === undefined
          ? undefined
          : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: call.retryDelay }];
      sendJson(
        response,
        call.status,
        errorBody(call.status, 'SCRIPTED', 'scripted error', details),
      );
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let left = call.cutAfterBytes ?? Number.POSITIVE_INFINITY;
    for (const frame of frames(call)) {
      if (response.destroyed) return;
      const bytes = Buffer.from(frame);
      response.write(bytes.subarray(0, left));
      left -= bytes.length;
      if (left <= 0) break;
      if (call.chunkDelayMs !== undefined) await delay(call.chunkDelayMs);
    }
    if (call.hang === true) {
      await once(response, 'close');
      return;
    }
    if (call.cut !== 'reset') response.end();
    else {
      // Lets what was written leave first.
      await delay(5);
      response.destroy();
    }
  });
  return { ...server, requests };
}
