import { once } from 'node:events';
import http from 'node:http';
import type https from 'node:https';
import type net from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

import { afterEach } from 'vitest';

import type { EgressRefusal } from '../../../../shared/contracts/egress.ts';
import { startEgressProxy, type EgressProxyOptions } from '../egress-proxy.ts';
import type { Egress, EgressPass, EgressRules } from '../egress.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

export interface Rules extends EgressRules {
  isLive: boolean;
  readonly refusals: EgressRefusal[];
}

export function rulesOf(privateToo = true): Rules {
  const refusals: EgressRefusal[] = [];
  return {
    isLive: true,
    refusals,
    refusal: () => undefined,
    opensPrivate: () => privateToo,
    refused: (refusal) => void refusals.push(refusal),
  };
}

export async function proxyWith(
  rules: EgressRules,
  options: EgressProxyOptions = {},
): Promise<{ egress: Egress; pass: EgressPass }> {
  const egress = await startEgressProxy(options);
  open.push(async () => egress.close());
  return { egress, pass: egress.admit(rules) };
}

export async function serve(server: http.Server | https.Server | net.Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export const login = ({ username, password }: Pick<EgressPass, 'username' | 'password'>): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

export async function ask(
  pass: EgressPass,
  url: string,
  options: http.RequestOptions & { body?: string } = {},
): Promise<{ status: number; body: string; cut: boolean }> {
  const { body, ...more } = options;
  const { hostname, port } = new URL(pass.server);
  const request = http.request({
    host: hostname,
    port,
    path: url,
    agent: false,
    ...more,
    headers: { host: new URL(url).host, 'proxy-authorization': login(pass), ...(more.headers as http.OutgoingHttpHeaders | undefined) },
  });
  request.end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let text = '';
  response.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((resolve) => response.once('close', resolve));
  return { status: response.statusCode ?? 0, body: text, cut: !response.complete };
}

/** CONNECT; gives the status and, when it was let through, the stream. */
export async function connect(
  pass: EgressPass,
  place: string,
): Promise<{ status: number; socket: Socket }> {
  const { hostname, port } = new URL(pass.server);
  const request = http.request({
    host: hostname,
    port,
    method: 'CONNECT',
    path: place,
    headers: { 'proxy-authorization': login(pass) },
  });
  request.end();
  const [response, socket] = (await once(request, 'connect')) as [http.IncomingMessage, Socket];
  socket.on('error', () => undefined);
  open.push(() => socket.destroy());
  return { status: response.statusCode ?? 0, socket };
}

