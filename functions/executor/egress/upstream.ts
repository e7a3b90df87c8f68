import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';

import { addressBytes } from '../../../shared/policy/addresses.ts';
import { hostPort, readHostPort, type EgressTarget } from '../../../shared/policy/egress.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { Upstream } from './egress.ts';

const USUAL_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, socks5: 1_080 };
const MAX_ANSWER_BYTES = 16 * 1024;

/** A run's own proxy, read. */
export interface ReadUpstream {
  readonly scheme: 'http' | 'https' | 'socks5';
  readonly host: string;
  readonly port: number;
  /** Value of `proxy-authorization`. */
  readonly authorization: string | undefined;
}

export function readUpstream({ server, login }: Upstream): ReadUpstream {
  const match = /^(https?|socks5):\/\/([^/]+?)(?::(\d+))?\/?$/.exec(server);
  const scheme = match?.[1] as ReadUpstream['scheme'] | undefined;
  const target =
    scheme && readHostPort(`${match?.[2] ?? ''}:${match?.[3] ?? USUAL_PORTS[scheme] ?? 0}`);
  if (!scheme || !target)
    throw new AppError('invalid_request', `contract.browser.proxy.server: ${server} is no proxy`);
  const pair = login && Buffer.from(`${login.username}:${login.password}`).toString('base64');
  return { scheme, ...target, authorization: pair && `Basic ${pair}` };
}

/** What comes next, up to the length that `enough` finds in it (0: not known yet); the rest stays in the stream. */
async function read(socket: Duplex, enough: (got: Buffer) => number): Promise<Buffer> {
  let got = Buffer.alloc(0);
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    got = Buffer.concat([got, chunk]);
    const length = enough(got);
    if (length > 0 && got.length >= length) {
      if (got.length > length) socket.unshift(got.subarray(length));
      return got.subarray(0, length);
    }
    if (got.length > MAX_ANSWER_BYTES) break;
  }
  throw new Error('the proxy behind gave no answer');
}

async function connectHttp(
  socket: Duplex,
  target: EgressTarget,
  proxy: ReadUpstream,
): Promise<void> {
  const place = hostPort(target);
  const login = proxy.authorization ? `proxy-authorization: ${proxy.authorization}\r\n` : '';
  socket.write(`CONNECT ${place} HTTP/1.1\r\nhost: ${place}\r\n${login}\r\n`);
  const head = await read(socket, (got) => {
    const end = got.indexOf('\r\n\r\n');
    return end < 0 ? 0 : end + 4;
  });
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head.toString('latin1'))?.[1];
  if (status !== '200') throw new Error(`the proxy behind answered ${status ?? 'nothing'}`);
}

/** RFC 1928, 5: type and address. Not every server takes an address for a name. */
function socksAddress(host: string): Buffer {
  const address = addressBytes(host);
  if (address) return Buffer.from([address.length === 4 ? 1 : 4, ...address]);
  const name = Buffer.from(host);
  return Buffer.concat([Buffer.from([3, name.length]), name]);
}

/** RFC 1928 without a log-in: Chromium has none for SOCKS either. */
async function connectSocks(socket: Duplex, { host, port }: EgressTarget): Promise<void> {
  socket.write(Buffer.from([5, 1, 0]));
  const [, method] = await read(socket, () => 2);
  if (method !== 0) throw new Error('the SOCKS proxy behind asks for a log-in');
  socket.write(
    Buffer.concat([
      Buffer.from([5, 1, 0]),
      socksAddress(host),
      Buffer.from([port >> 8, port & 255]),
    ]),
  );
  const answer = await read(socket, (got) => {
    const kind = got[3];
    return kind === 1 ? 10 : kind === 4 ? 22 : kind === 3 ? 7 + (got[4] ?? 255) : 0;
  });
  if (answer[1] !== 0) throw new Error(`the SOCKS proxy behind refused (${answer[1]})`);
}

/**
 * Goes on through a run's own proxy, on a connection to it. For plain HTTP an HTTP proxy is asked request by request; else the stream
 * that comes back leads to the target.
 */
export async function goOnThrough(
  connection: Duplex,
  target: EgressTarget,
  proxy: ReadUpstream,
): Promise<Duplex> {
  let socket = connection;
  if (proxy.scheme === 'https') {
    const secured = tls.connect({ socket: connection, servername: proxy.host });
    await once(secured, 'secureConnect');
    socket = secured;
  }
  if (proxy.scheme === 'socks5') await connectSocks(socket, target);
  else if (target.scheme === 'tunnel') await connectHttp(socket, target, proxy);
  return socket;
}
