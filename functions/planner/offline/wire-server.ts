import http from 'node:http';
import type { AddressInfo } from 'node:net';

import { AppError } from '../../../shared/core/errors.ts';
import type { GeminiContent, RawPart } from '../gemini/planning-event.ts';
import { serveLive, type LiveHandler } from './live-wire.ts';

/** The part of the Gemini wire protocol that a server of plans needs. */
export interface GenerateBody {
  readonly contents: readonly GeminiContent[];
  readonly systemInstruction?: { readonly parts?: readonly RawPart[] };
  /** Declared functions: the plan is then wanted as calls of them. */
  readonly tools?: unknown;
  /** Live: what the session was set up with. */
  readonly setup?: unknown;
}
export interface WireCall {
  readonly model: string;
  readonly method: 'generateContent' | 'streamGenerateContent' | 'countTokens';
  readonly body: GenerateBody;
  readonly response: http.ServerResponse;
}
export interface WireServer {
  readonly baseUrl: string;
  close(): Promise<void>;
}
export interface WireServerOptions {
  readonly port?: number;
  readonly host?: string;
  readonly model?: string;
  /** Serves the Live API's WebSocket on the same port. */
  readonly live?: LiveHandler;
}

const MAX_BODY_BYTES = 32 * 1024 * 1024;

export function errorBody(
  code: number,
  status: string,
  message: string,
  details?: readonly unknown[],
): string {
  return JSON.stringify({ error: { code, message, status, ...(details && { details }) } });
}

export function sendJson(response: http.ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(body);
}

export function sseEvent(value: unknown): string {
  return `data: ${JSON.stringify(value)}\r\n\r\n`;
}

async function readBody(request: http.IncomingMessage): Promise<GenerateBody> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES)
      throw new AppError('payload_too_large', 'the request is larger than 32 MiB');
    chunks.push(chunk);
  }
  const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Partial<GenerateBody>;
  if (!Array.isArray(body.contents)) throw new AppError('invalid_request', 'contents is missing');
  return body as GenerateBody;
}

function modelEntry(name: string): Record<string, unknown> {
  return {
    name: `models/${name}`,
    displayName: name,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
  };
}

/** Serves `handle` under `/v1beta/models/{model}:{method}`, as Google's endpoint does. */
export async function startWireServer(
  options: WireServerOptions,
  handle: (call: WireCall) => Promise<void>,
): Promise<WireServer> {
  const { host = '127.0.0.1', port = 0, model = 'rodex-offline' } = options;

  const answer = async (
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> => {
    const path = new URL(request.url ?? '/', 'http://local').pathname;
    if (request.method === 'GET' && path === '/v1beta/models') {
      sendJson(response, 200, JSON.stringify({ models: [modelEntry(model)] }));
      return;
    }
    const one = /^\/v1beta\/models\/([^/:]+)$/.exec(path);
    if (request.method === 'GET' && one?.[1] !== undefined) {
      sendJson(response, 200, JSON.stringify(modelEntry(one[1])));
      return;
    }
    const call =
      /^\/v1beta\/models\/([^/:]+):(generateContent|streamGenerateContent|countTokens)$/.exec(path);
    if (request.method !== 'POST' || call?.[1] === undefined) {
      sendJson(
        response,
        404,
        errorBody(404, 'NOT_FOUND', `${request.method ?? ''} ${path} is not served here`),
      );
      return;
    }
    const body = await readBody(request);
    await handle({ model: call[1], method: call[2] as WireCall['method'], body, response });
  };

  const server = http.createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (response.headersSent) response.destroy();
      else if (AppError.is(error, 'payload_too_large'))
        sendJson(response, 413, errorBody(413, 'INVALID_ARGUMENT', message));
      else if (AppError.is(error) || error instanceof SyntaxError)
        sendJson(response, 400, errorBody(400, 'INVALID_ARGUMENT', message));
      else sendJson(response, 500, errorBody(500, 'INTERNAL', message));
    });
  });
  const closeLive = options.live ? serveLive(server, options.live) : () => undefined;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    baseUrl: `http://${shownHost}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        closeLive();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
