import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { callbackify } from 'node:util';

import { hostPort, type EgressTarget } from '../../../shared/policy/egress.ts';
import { NO_ANSWER_HEADER } from './egress.ts';
import { reach, Refused, type ReachOptions } from './reach.ts';
import { relay } from './relay.ts';
import type { RunPass } from './run-pass.ts';

const NOT_PASSED_ON = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  NO_ANSWER_HEADER,
]);
/** What a server sends without being asked anew: may be asked on a connection that it may just have closed. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
const MAX_HEADER_BYTES = 256 * 1024;

/** Headers for the other side, as a flat list: those of this connection, those that it names, and what only the proxy says, stay here. */
function endToEnd(raw: readonly string[]): string[] {
  const kept: string[] = [];
  const named = new Set<string>();
  for (let at = 0; at < raw.length; at += 2)
    if (raw[at]?.toLowerCase() === 'connection')
      for (const name of (raw[at + 1] ?? '').split(',')) named.add(name.trim().toLowerCase());
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? '';
    const lower = name.toLowerCase();
    if (!NOT_PASSED_ON.has(lower) && !named.has(lower)) kept.push(name, raw[at + 1] ?? '');
  }
  return kept;
}

/** Plain HTTP for one run: connections to servers are kept for its safe requests, and every other request has one of its own. */
export class Forwarder {
  readonly #pass: RunPass;
  readonly #options: ReachOptions;
  readonly #kept: http.Agent;
  readonly #fresh: http.Agent;

  constructor(pass: RunPass, options: ReachOptions) {
    this.#pass = pass;
    this.#options = options;
    this.#kept = this.#agent(true);
    this.#fresh = this.#agent(false);
    pass.onClose(() => {
      this.#kept.destroy();
      this.#fresh.destroy();
    });
  }

  #agent(keepAlive: boolean): http.Agent {
    const connect = callbackify(async (host: string, port: number) =>
      reach(this.#pass, { scheme: 'http', host, port }, this.#options),
    );
    return new (class extends http.Agent {
      override createConnection(
        { host, port }: http.ClientRequestArgs,
        done?: (error: Error | null, socket: Duplex) => void,
      ): undefined {
        if (done) connect(host ?? '', Number(port), done);
      }
    })({ keepAlive, maxSockets: 32, maxFreeSockets: 32, scheduling: 'lifo' });
  }

  forward(
    target: EgressTarget,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    if (this.#pass.refusal(target)) {
      this.#answer(response, 403);
      return;
    }
    this.#send(target, path, request, response, SAFE.has(request.method ?? ''));
  }

  #answer(response: ServerResponse, status: number): void {
    if (response.headersSent) response.destroy();
    else
      response
        .writeHead(status, {
          'content-length': '0',
          [NO_ANSWER_HEADER]: status === 403 ? 'refused' : 'unreachable',
        })
        .end();
  }

  #send(
    target: EgressTarget,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    kept: boolean,
  ): void {
    const pass = this.#pass;
    const hasBody =
      request.headers['content-length'] !== undefined ||
      request.headers['transfer-encoding'] !== undefined;
    const behind = pass.upstream?.scheme === 'socks5' ? undefined : pass.upstream;
    const headers = endToEnd(request.rawHeaders);
    if (behind?.authorization) headers.push('proxy-authorization', behind.authorization);
    const upstream = http.request({
      host: target.host,
      port: target.port,
      method: request.method ?? 'GET',
      path: behind ? `http://${hostPort(target).replace(/:80$/, '')}${path}` : path,
      headers,
      setHost: false,
      agent: kept ? this.#kept : this.#fresh,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    const cut = (): void => {
      upstream.destroy();
      response.destroy();
    };
    response.once('close', () => upstream.destroy());
    upstream.once('error', (error) => {
      // The server may close a connection that was idle in the moment it is asked again: asking anew does no harm here.
      const isIdleClosed =
        kept && !hasBody && upstream.reusedSocket && !response.headersSent && !response.destroyed;
      // What the end of the run cut is not asked again.
      if (isIdleClosed && pass.isLive) this.#send(target, path, request, response, false);
      else this.#answer(response, error instanceof Refused ? 403 : 502);
    });
    upstream.once('response', (answer) => {
      try {
        response.writeHead(
          answer.statusCode ?? 502,
          answer.statusMessage,
          endToEnd(answer.rawHeaders),
        );
      } catch {
        upstream.destroy();
        this.#answer(response, 502);
        return;
      }
      answer.once('error', cut);
      answer.once('aborted', cut);
      relay(answer, response, (chunk) => pass.mayPass(chunk.length), cut);
    });
    if (hasBody) relay(request, upstream, (chunk) => pass.mayPass(chunk.length), cut);
    else upstream.end();
  }
}
