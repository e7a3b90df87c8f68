import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

import { WebSocketServer, type WebSocket } from 'ws';

import type { GeminiContent, RawPart } from '../gemini/planning-event.ts';

/** One Live session of the wire protocol, from the side that plans. */
export interface LiveSession {
  readonly setup: Readonly<Record<string, unknown>>;
  readonly socket: WebSocket;
  send(frame: unknown): void;
  /** The next conversation that the client hands over; undefined when it has gone. */
  contents(): Promise<readonly GeminiContent[] | undefined>;
  /** Resolves when a function call was answered, or the client has gone. */
  answered(): Promise<void>;
  readonly closed: Promise<void>;
}

export interface LiveHandler {
  /** Before the WebSocket opens: an HTTP status that refuses it, with a delay to ask for. */
  refuse?(): { readonly status: number; readonly retryAfter?: string } | undefined;
  session(session: LiveSession): Promise<void>;
}

interface ClientMessage {
  readonly setup?: Readonly<Record<string, unknown>>;
  readonly clientContent?: { readonly turns?: readonly GeminiContent[] };
  readonly toolResponse?: { readonly functionResponses?: readonly unknown[] };
}

const PATH =
  /^\/+ws\/google\.ai\.generativelanguage\.v1\w*\.GenerativeService\.BidiGenerateContent$/;

/** A value that is pushed by one side and awaited by the other. */
function createMailbox<T>(): { put(value: T): void; take(): Promise<T> } {
  const waiting: T[] = [];
  const takers: ((value: T) => void)[] = [];
  return {
    put(value) {
      const taker = takers.shift();
      if (taker) taker(value);
      else waiting.push(value);
    },
    async take() {
      if (waiting.length > 0) return waiting.shift() as T;
      const { promise, resolve } = Promise.withResolvers<T>();
      takers.push(resolve);
      return promise;
    },
  };
}

function onSocket(socket: WebSocket, handler: LiveHandler): void {
  const contents = createMailbox<readonly GeminiContent[] | undefined>();
  const answers = createMailbox<void>();
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  socket.on('close', () => {
    contents.put(undefined);
    answers.put();
    close();
  });
  socket.on('error', () => socket.terminate());
  socket.on('message', (data) => {
    let message: ClientMessage;
    try {
      message = JSON.parse((data as Buffer).toString('utf8')) as ClientMessage;
    } catch {
      socket.close(1007, 'not JSON');
      return;
    }
    if (message.clientContent) contents.put(message.clientContent.turns ?? []);
    if (message.toolResponse) answers.put();
    if (!message.setup) return;
    const session: LiveSession = {
      setup: message.setup,
      socket,
      closed,
      send: (frame) => {
        const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
        if (socket.readyState === socket.OPEN) socket.send(text);
      },
      contents: async () => contents.take(),
      answered: async () => answers.take(),
    };
    handler.session(session).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      socket.close(1011, Buffer.from(reason).subarray(0, 120).toString('utf8'));
    });
  });
}

/** Serves `BidiGenerateContent` on the same port; gives what closes it. */
export function serveLive(server: Server, handler: LiveHandler): () => void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 32 * 1024 * 1024 });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const refused = PATH.test(path) ? handler.refuse?.() : { status: 404 };
    if (refused) {
      const delay =
        refused.retryAfter === undefined ? '' : `Retry-After: ${refused.retryAfter}\r\n`;
      socket.end(
        `HTTP/1.1 ${refused.status} Refused\r\n${delay}Content-Length: 0\r\nConnection: close\r\n\r\n`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => onSocket(opened, handler));
  });
  return () => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  };
}

/** Parts as frames of a turn: function calls one by one, each waiting for its answer, then the end of the turn. */
export function liveFrames(
  parts: readonly RawPart[],
  usage: Readonly<Record<string, unknown>>,
  reason?: string,
): Readonly<Record<string, unknown>>[] {
  const { candidatesTokenCount, ...rest } = usage;
  return [
    ...parts.map((part) =>
      part['functionCall'] === undefined
        ? { serverContent: { modelTurn: { role: 'model', parts: [part] } } }
        : { toolCall: { functionCalls: [part['functionCall']] } },
    ),
    { serverContent: { generationComplete: true } },
    {
      serverContent: {
        turnComplete: true,
        ...(reason !== undefined && { turnCompleteReason: reason }),
      },
      usageMetadata: { ...rest, responseTokenCount: candidatesTokenCount },
    },
  ];
}

/** A plan as function calls; `notes` is one too. */
export function callParts(plan: {
  readonly steps?: readonly unknown[];
  readonly notes?: string;
}): RawPart[] {
  const calls = (plan.steps ?? []).map((step, index) => {
    const { action, ...args } = (step ?? {}) as Record<string, unknown>;
    return { functionCall: { id: `call-${index + 1}`, name: String(action), args } };
  });
  const { notes } = plan;
  return notes === undefined || notes === ''
    ? calls
    : [{ functionCall: { id: 'call-notes', name: 'notes', args: { text: notes } } }, ...calls];
}
