import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import type { GeminiContent, RawPart } from '../gemini/planning-event.ts';
import { liveFrames, type LiveHandler, type LiveSession } from './live-wire.ts';
import { partsOf, usageAfter, type PlanShape, type ScriptedCall } from './script.ts';
import {
  errorBody,
  sendJson,
  sseEvent,
  startWireServer,
  type GenerateBody,
  type WireCall,
  type WireServer,
} from './wire-server.ts';

export interface ScriptedRequest {
  readonly body: GenerateBody;
  /** Resolves when the client closed the connection or the answer ended. */
  readonly closed: Promise<void>;
}
export interface ScriptedServer extends WireServer {
  readonly requests: readonly ScriptedRequest[];
  /** Live: the sessions that were opened, for faults of the connection itself. */
  readonly sockets: readonly Pick<LiveSession['socket'], 'pause' | 'terminate'>[];
}
export interface ScriptedServerOptions {
  readonly port?: number;
  readonly host?: string;
  /** By number of the call; the last one answers all that follow. */
  readonly calls: readonly ScriptedCall[] | ((body: GenerateBody, number: number) => ScriptedCall);
}

function shapeOf(body: GenerateBody): PlanShape {
  return body.tools === undefined ? 'json' : 'calls';
}

/** Events of an SSE answer. */
function eventsOf(call: ScriptedCall, shape: PlanShape): string[] {
  if (call.raw !== undefined) return [call.raw].flat();
  const parts = partsOf(call, shape);
  const event = (
    said: readonly RawPart[],
    now: readonly RawPart[],
    finishReason?: string,
  ): string =>
    sseEvent({
      candidates: [
        {
          content: { role: 'model', parts: now },
          ...(finishReason !== undefined && { finishReason }),
          index: 0,
        },
      ],
      usageMetadata: usageAfter(said),
      modelVersion: 'scripted',
    });
  const events = parts.map((part, index) => event(parts.slice(0, index + 1), [part]));
  if (call.errorInStream) return [...events, sseEvent({ error: call.errorInStream })];
  if (call.finishReason === null) return events;
  const last = shape === 'json' ? [{ text: '' }] : [];
  return [...events, event(parts, last, call.finishReason ?? 'STOP')];
}

async function answer(call: ScriptedCall, { body, response }: WireCall): Promise<void> {
  if (call.delayMs !== undefined) await delay(call.delayMs);
  if (call.status !== undefined) {
    const retry = '@type.googleapis.com/google.rpc.RetryInfo';
    const details =
      call.retryDelay === undefined ? undefined : [{ '@type': retry, retryDelay: call.retryDelay }];
    const message = call.message ?? 'scripted error';
    sendJson(response, call.status, errorBody(call.status, 'SCRIPTED', message, details));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (call.cutAfterMs !== undefined) setTimeout(() => response.destroy(), call.cutAfterMs).unref();
  let left = call.cutAfterBytes ?? Number.POSITIVE_INFINITY;
  for (const event of eventsOf(call, shapeOf(body)).slice(0, call.cutAfterEvents)) {
    if (response.destroyed) return;
    const bytes = Buffer.from(event);
    response.write(bytes.subarray(0, left));
    left -= bytes.length;
    if (left <= 0) break;
    if (call.chunkDelayMs !== undefined) await delay(call.chunkDelayMs);
  }
  if (call.hang === true) await once(response, 'close');
  else if (call.cut !== 'reset') response.end();
  else {
    // Lets what was written leave first.
    await delay(5);
    response.destroy();
  }
}

function framesOf(call: ScriptedCall): readonly unknown[] {
  if (call.frames) return call.frames;
  const parts = partsOf(call, 'calls');
  const reason = call.finishReason ?? undefined;
  const frames = liveFrames(parts, usageAfter(parts), reason === 'STOP' ? undefined : reason);
  const said = frames.slice(0, parts.length);
  if (call.errorInStream) return [...said, { error: call.errorInStream }];
  return call.finishReason === null ? said : frames;
}

async function answerLive(call: ScriptedCall, session: LiveSession): Promise<void> {
  const { socket } = session;
  if (call.delayMs !== undefined) await delay(call.delayMs);
  if (call.cutAfterMs !== undefined) setTimeout(() => socket.terminate(), call.cutAfterMs).unref();
  for (const frame of framesOf(call).slice(0, call.cutAfterEvents)) {
    if (socket.readyState !== socket.OPEN) return;
    session.send(frame);
    const isCall = typeof frame === 'object' && frame !== null && 'toolCall' in frame;
    if (isCall) await session.answered();
    if (call.chunkDelayMs !== undefined) await delay(call.chunkDelayMs);
  }
  const early = call.cutAfterEvents !== undefined || call.finishReason === null || call.frames;
  if (call.hang === true || !early) await session.closed;
  else if (call.cut === 'reset') {
    await delay(5);
    socket.terminate();
  } else socket.close(call.closeCode ?? 1000);
}

/** The wire server of the offline planner answering from a script, faults included: for tests, benches and `rodex gemini-server`. */
export async function startScriptedServer(options: ScriptedServerOptions): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = [];
  const sockets: LiveSession['socket'][] = [];
  let refused = 0;
  const callOf = (body: GenerateBody, number: number): ScriptedCall => {
    const { calls } = options;
    if (typeof calls === 'function') return calls(body, number);
    return calls[number] ?? calls.at(-1) ?? {};
  };
  const nothing: GenerateBody = { contents: [] };
  const live: LiveHandler = {
    refuse() {
      if (typeof options.calls === 'function') return undefined;
      const { status, retryDelay } = callOf(nothing, requests.length + refused);
      if (status === undefined) return undefined;
      refused += 1;
      return {
        status,
        ...(retryDelay !== undefined && { retryAfter: retryDelay.replace('s', '') }),
      };
    },
    async session(session) {
      sockets.push(session.socket);
      const number = requests.length + refused;
      const heard: { contents: readonly GeminiContent[] } & Record<string, unknown> = {
        contents: [],
        setup: session.setup,
      };
      requests.push({ body: heard, closed: session.closed });
      const early = typeof options.calls === 'function' ? {} : callOf(heard, number);
      if (early.setup === 'reject')
        session.socket.close(1007, 'Request contains an invalid argument');
      if (early.setup !== undefined) return;
      session.send({ setupComplete: {} });
      const contents = await session.contents();
      if (!contents) return;
      heard.contents = contents;
      await answerLive(callOf(heard, number), session);
    },
  };
  const server = await startWireServer({ ...options, live }, async (call) => {
    const number = requests.length + refused;
    const closed = once(call.response, 'close').then(() => undefined);
    requests.push({ body: call.body, closed });
    await answer(callOf(call.body, number), call);
  });
  return { ...server, requests, sockets };
}
