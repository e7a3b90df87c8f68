import http, { type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { canonicalHost, readHostPort } from '../../../shared/policy/egress.ts';
import type { Egress, EgressPass, EgressRules, Upstream } from './egress.ts';
import { Forwarder } from './forward.ts';
import type { ReachOptions } from './reach.ts';
import { RunPass, type EgressCaps } from './run-pass.ts';
import { readUpstream } from './upstream.ts';
import { answerTunnel, tunnel } from './tunnel.ts';

export interface EgressProxyOptions extends ReachOptions {
  readonly caps?: Partial<EgressCaps>;
}

const CAPS: EgressCaps = { bytes: 2 * 1024 ** 3, connections: 256 };
const CHALLENGE = 'Basic realm="rodex-egress"';
const MAX_HEADER_BYTES = 256 * 1024;

/** `http://host[:port]/path` of a proxied request. */
function readAbsolute(text: string): { host: string; port: number; path: string } | undefined {
  const match = /^http:\/\/([^/?#]*)([^#]*)/i.exec(text);
  if (!match || !URL.canParse(text) || match[1]?.includes('@')) return undefined;
  const url = new URL(text);
  const host = canonicalHost(url.hostname);
  if (host === undefined) return undefined;
  const path = match[2] ?? '';
  return { host, port: Number(url.port || 80), path: path.startsWith('/') ? path : `/${path}` };
}

class EgressProxy implements Egress {
  server = '';
  readonly #options: EgressProxyOptions;
  readonly #http: http.Server;
  readonly #passes = new Map<string, { pass: RunPass; forwarder: Forwarder }>();
  readonly #sockets = new Set<Socket>();

  constructor(options: EgressProxyOptions) {
    this.#options = options;
    this.#http = http.createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      requestTimeout: 0,
      keepAliveTimeout: 300_000,
      noDelay: true,
    });
    this.#http.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#http.on('request', (request, response) => {
      const found = this.#passOf(request);
      const target = readAbsolute(request.url ?? '');
      if (!found)
        response.writeHead(407, { 'proxy-authenticate': CHALLENGE, 'content-length': '0' }).end();
      else if (!target) {
        const refusal = { host: '', port: 0, reason: 'malformed' as const };
        found.pass.refuse({ ...refusal, detail: (request.url ?? '').slice(0, 200) });
        response.writeHead(400, { 'content-length': '0' }).end();
      } else found.forwarder.forward({ scheme: 'http', ...target }, target.path, request, response);
    });
    this.#http.on('connect', (request, socket, head) => {
      const found = this.#passOf(request);
      const target = readHostPort(request.url ?? '');
      if (!found) {
        socket.on('error', () => socket.destroy());
        answerTunnel(
          socket,
          '407 Proxy Authentication Required',
          `proxy-authenticate: ${CHALLENGE}\r\n`,
        );
      } else if (!target) {
        const refusal = { host: '', port: 0, reason: 'malformed' as const };
        found.pass.refuse({ ...refusal, detail: (request.url ?? '').slice(0, 200) });
        answerTunnel(socket, '400 Bad Request');
      } else void tunnel(found.pass, { scheme: 'tunnel', ...target }, socket, head, this.#options);
    });
    this.#http.on('upgrade', (_request, socket) => {
      socket.on('error', () => socket.destroy());
      answerTunnel(socket, '501 Not Implemented');
    });
    this.#http.on('clientError', (_error, socket) => socket.destroy());
  }

  #passOf(request: IncomingMessage): { pass: RunPass; forwarder: Forwarder } | undefined {
    const given = /^Basic ([\w+/=]+)$/.exec(request.headers['proxy-authorization'] ?? '')?.[1];
    if (given === undefined) return undefined;
    const [username = '', password = ''] = Buffer.from(given, 'base64')
      .toString('latin1')
      .split(':');
    const found = this.#passes.get(username);
    return found?.pass.accepts(password) ? found : undefined;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(0, '127.0.0.1', resolve);
    });
    this.server = `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
    return this;
  }

  admit(rules: EgressRules, upstream?: Upstream): EgressPass {
    const caps = { ...CAPS, ...this.#options.caps };
    const pass = new RunPass(this.server, rules, caps, upstream && readUpstream(upstream));
    const { username } = pass;
    this.#passes.set(username, { pass, forwarder: new Forwarder(pass, this.#options) });
    pass.onClose(() => this.#passes.delete(username));
    return pass;
  }

  async close(): Promise<void> {
    for (const { pass } of this.#passes.values()) pass.close();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#http.close(resolve));
  }
}

/** The forward proxy on a loopback port of its own: HTTP and CONNECT for whoever holds a pass. */
export const startEgressProxy = async (options: EgressProxyOptions = {}): Promise<Egress> =>
  new EgressProxy(options).listen();
