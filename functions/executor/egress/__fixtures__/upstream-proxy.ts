import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import type { Duplex } from 'node:stream';

import { serve } from './proxy-test.ts';
import { CERTIFICATE, KEY } from './self-signed.ts';

export interface UpstreamProxy {
  /** As `contract.browser.proxy.server` has it. */
  readonly server: string;
  /** What it was asked, with the log-in that came along. */
  readonly asked: string[];
}

/** Both ways, until either ends. */
function join(left: Duplex, right: Duplex): void {
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
    from.pipe(to);
  }
}

/** An HTTP proxy, in the clear or over TLS; every place it is asked for is `port` of this machine. */
export async function httpProxy(port: number, secure: boolean): Promise<UpstreamProxy> {
  const asked: string[] = [];
  const note = ({ method, url, headers }: http.IncomingMessage): void =>
    void asked.push(`${method} ${url} ${headers['proxy-authorization'] ?? 'nobody'}`);
  const server = secure
    ? https.createServer({ key: KEY, cert: CERTIFICATE })
    : http.createServer();
  server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
    note(request);
    response.end('by way of the proxy');
  });
  server.on('connect', (request: http.IncomingMessage, client: Duplex) => {
    note(request);
    if (request.url?.startsWith('refused.')) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    join(client, net.connect(port, '127.0.0.1'));
  });
  const at = await serve(server);
  return { server: `${secure ? 'https' : 'http'}://localhost:${at}`, asked };
}

/** RFC 1928, without log-ins. */
export async function socksProxy(port: number): Promise<UpstreamProxy> {
  const asked: string[] = [];
  const at = await serve(
    net.createServer((client) => {
      client.once('data', (greeting) => {
        asked.push(`greeting ${greeting.toString('hex')}`);
        client.write(Buffer.from([5, 0]));
        client.once('data', (request) => {
          asked.push(`request ${request.toString('hex')}`);
          const refused = request.includes('refused.');
          client.write(Buffer.from([5, refused ? 2 : 0, 0, 1, 0, 0, 0, 0, 0, 0]));
          if (!refused) join(client, net.connect(port, '127.0.0.1'));
        });
      });
    }),
  );
  return { server: `socks5://127.0.0.1:${at}`, asked };
}
