import type { IncomingMessage } from 'node:http';

import { WebSocket, type RawData } from 'ws';

import { AppError } from '../../../shared/core/errors.ts';
import { createDepthGuard } from './json-depth.ts';
import { retryAfterMs } from './retry-after.ts';

/** What the SDK hands to a socket of ours. */
interface SocketCallbacks {
  readonly onopen: () => void;
  readonly onerror: (event: { message: string }) => void;
  readonly onmessage: (event: { data: string }) => void;
  readonly onclose: (event: { code: number; reason: string }) => void;
}

export interface LiveSocketOptions {
  readonly maxFrameBytes: number;
  readonly maxDepth: number;
  readonly pingMs: number;
  readonly onBytes: () => void;
  /** The connection is of no more use, and why. Called once at most; the socket is closed already. */
  readonly onFailure: (error: Error) => void;
}

/** The SDK parses frames in a promise that nobody watches, so what it cannot parse must not reach it. */
function frameOf(data: RawData, isBinary: boolean, maxDepth: number): string {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
  const what = isBinary ? 'A binary frame' : 'A frame';
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (createDepthGuard(maxDepth)(text) >= 0)
      throw new AppError('model_stream_broken', `${what} nests deeper than ${maxDepth} levels.`);
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new AppError('model_stream_broken', `${what} is no JSON object.`, { retryable: true });
    return text;
  } catch (error) {
    if (AppError.is(error)) throw error;
    throw new AppError('model_stream_broken', `${what} is not JSON.`, {
      cause: error,
      retryable: true,
    });
  }
}

function refusalOf(response: IncomingMessage): Error {
  const delay = retryAfterMs(response.headers['retry-after'] ?? null, Date.now());
  const message = `the WebSocket was refused: ${response.statusMessage ?? ''}`;
  return Object.assign(new Error(message), {
    status: response.statusCode ?? 0,
    ...(delay !== undefined && { retryAfterMs: delay }),
  });
}

/** A WebSocket for the SDK that checks each frame, asks for signs of life, and can be paused and cut. */
export class LiveSocket {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #callbacks: SocketCallbacks;
  readonly #options: LiveSocketOptions;
  #socket: WebSocket | undefined;
  #ping: NodeJS.Timeout | undefined;
  #failed = false;

  constructor(
    url: string,
    headers: Record<string, string>,
    callbacks: SocketCallbacks,
    options: LiveSocketOptions,
  ) {
    this.#url = url;
    this.#headers = headers;
    this.#callbacks = callbacks;
    this.#options = options;
  }

  connect(): void {
    const { maxFrameBytes, maxDepth, onBytes } = this.#options;
    const socket = new WebSocket(this.#url, {
      headers: this.#headers,
      maxPayload: maxFrameBytes,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    socket.on('open', () => {
      this.#watch(socket);
      this.#callbacks.onopen();
    });
    socket.on('message', (data, isBinary) => {
      onBytes();
      try {
        this.#callbacks.onmessage({ data: frameOf(data, isBinary, maxDepth) });
      } catch (error) {
        this.fail(error);
      }
    });
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      this.fail(refusalOf(response));
    });
    socket.on('error', (error: Error & { code?: string }) => {
      const tooLong = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
      this.fail(
        tooLong
          ? new AppError('model_stream_broken', `A frame is longer than ${maxFrameBytes} bytes.`)
          : new AppError('model_unavailable', `the Live connection failed: ${error.message}`, {
              cause: error,
              retryable: true,
            }),
      );
      this.#callbacks.onerror({ message: error.message });
    });
    socket.on('close', (code, reason) => {
      clearInterval(this.#ping);
      this.#callbacks.onclose({ code, reason: reason.toString('utf8') });
    });
  }

  /** A live connection answers pings; they say nothing of the model behind it, so they do not count as its bytes. */
  #watch(socket: WebSocket): void {
    let answered = true;
    socket.on('pong', () => (answered = true));
    this.#ping = setInterval(() => {
      if (!answered && !socket.isPaused)
        this.fail(
          new AppError('model_unavailable', 'the Live connection answers no more pings.', {
            retryable: true,
          }),
        );
      answered = false;
      if (socket.readyState === WebSocket.OPEN) socket.ping();
    }, this.#options.pingMs);
    this.#ping.unref();
  }

  fail(reason: unknown): void {
    const error = reason instanceof Error ? reason : AppError.from(reason);
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onFailure(error);
    this.cut();
  }

  send(message: string): void {
    // Sending after close is silent in the SDK's own socket; the close itself is what the reader hears.
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(message);
  }

  pause(): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  close(): void {
    const socket = this.#socket;
    if (!socket) return;
    socket.resume();
    socket.close(1000);
    setTimeout(() => socket.terminate(), 1_000).unref();
  }

  cut(): void {
    clearInterval(this.#ping);
    this.#socket?.terminate();
  }
}
