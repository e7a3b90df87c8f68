import http from 'node:http';
import net, { type AddressInfo } from 'node:net';

import type { Egress } from '../../executor/egress/egress.ts';

/** A proxy that refuses nothing: the product without its own. */
export async function startOpenProxy(): Promise<Egress> {
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '');
    const {
      'proxy-authorization': _login,
      'proxy-connection': _connection,
      ...headers
    } = request.headers;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const upstream = http.request(
      {
        host,
        port: url.port || 80,
        path: url.pathname + url.search,
        method: request.method,
        headers,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    upstream.on('error', () => response.writeHead(502).end());
    request.pipe(upstream);
  });
  server.on('connect', (request, socket, head) => {
    const url = new URL(`http://${request.url}`);
    const port = Number(/:(\d+)$/.exec(request.url ?? '')?.[1]);
    const far = net.connect(port, url.hostname.replace(/^\[|\]$/g, ''), () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      far.write(head);
      far.pipe(socket).pipe(far);
    });
    far.on('error', () => socket.destroy());
    socket.on('error', () => far.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    server: address,
    admit: () => ({
      server: address,
      username: '',
      password: '',
      lastRefusal: () => undefined,
      close: () => undefined,
    }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
