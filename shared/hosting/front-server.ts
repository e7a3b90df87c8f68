import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { AppError } from '../core/errors.ts';

const MAX_BODY_BYTES = 1024 * 1024;
/** How often connections are looked at that take too long: Node's own 30 s would treble the times below. */
const CHECK_MS = 2_000;

interface WithBody extends IncomingMessage {
  rawBody?: Buffer;
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(response: ServerResponse): void {
  const detail = 'the body is larger than 1 MiB';
  const body = {
    type: 'https://rodex.dev/problems/payload_too_large',
    title: 'payload too large',
    status: 413,
    detail,
    code: 'payload_too_large',
  };
  response
    .writeHead(413, { 'content-type': 'application/problem+json', connection: 'close' })
    .end(JSON.stringify(body));
}

/** What Google's front end does before a function is called, on one machine: bounds the body and the time it may take to arrive. */
export function createFrontServer(target: Server): Server {
  const server = createServer(
    { connectionsCheckingInterval: CHECK_MS },
    (request: WithBody, response) => {
      readBody(request).then(
        (body) => {
          if (!body) return tooLarge(response);
          request.rawBody = body;
          target.emit('request', request, response);
        },
        () => response.destroy(),
      );
    },
  );
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  return server;
}

/** Listens and gives the port. Errors: `port_in_use`, `permission_denied` for a privileged one. */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE')
        reject(
          new AppError(
            'port_in_use',
            `port ${port} on ${host} is taken; stop what holds it, or set PORT to another`,
            { cause: error },
          ),
        );
      else if (error.code === 'EACCES')
        reject(
          new AppError(
            'permission_denied',
            `port ${port} needs privileges; set PORT to one above 1023`,
            { cause: error },
          ),
        );
      else reject(error);
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

/** Takes nothing new, lets what is under way be answered for `ms`, then closes. */
export async function drainServer(server: Server, ms: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), ms);
  await closed;
  clearTimeout(timer);
}

export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
