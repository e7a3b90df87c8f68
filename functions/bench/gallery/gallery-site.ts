import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Exercise, ServerSeen, Where } from './exercise.ts';

type Request = ServerSeen['requests'][number];

export interface GallerySite {
  readonly origin: string;
  readonly otherOrigin: string;
  /** Serves an exercise from now on; gives its address and what reaches the server for it. */
  add(exercise: Exercise): { readonly url: string; readonly seen: ServerSeen };
  close(): Promise<void>;
}

interface Shown {
  readonly exercise: Exercise;
  readonly requests: Request[];
}

async function readRequest(request: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return {
    method: request.method ?? '',
    path: request.url ?? '/',
    body: Buffer.concat(chunks).toString(),
    authorization: request.headers.authorization,
  };
}

/** The gallery's pages, each in a folder of its own, under two origins: 127.0.0.1 and localhost. */
export async function startGallerySite(): Promise<GallerySite> {
  const shown: Shown[] = [];
  let port = 0;
  const whereOf = (number: number): Where => ({
    here: `http://127.0.0.1:${port}/${number}`,
    elsewhere: `http://localhost:${port}/${number}`,
  });

  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await readRequest(incoming);
    const [, number = '', path = ''] = /^\/(\d+)(\/.*)$/.exec(request.path) ?? [];
    const here = shown[Number(number)];
    if (!here || number === '') {
      response.writeHead(404).end();
      return;
    }
    const inner = { ...request, path };
    const where = whereOf(Number(number));
    if (path === '/') {
      const html = here.exercise.html(where);
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
      return;
    }
    here.requests.push(inner);
    const given = await here.exercise.answer?.(path, inner, where);
    if (!given || path === '/favicon.ico') {
      response.writeHead(404).end();
      return;
    }
    if (given.delayMs !== undefined)
      await new Promise((resolve) => setTimeout(resolve, given.delayMs));
    response
      .writeHead(given.status ?? 200, {
        'content-type': 'text/html; charset=utf-8',
        ...given.headers,
      })
      .end(given.body);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  ({ port } = server.address() as AddressInfo);
  return {
    origin: `http://127.0.0.1:${port}`,
    otherOrigin: `http://localhost:${port}`,
    add(exercise) {
      const requests: Request[] = [];
      const number = shown.push({ exercise, requests }) - 1;
      return { url: `${whereOf(number).here}/`, seen: { requests } };
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
