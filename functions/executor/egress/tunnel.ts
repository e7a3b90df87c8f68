import type { Duplex } from 'node:stream';

import type { EgressTarget } from '../../../shared/policy/egress.ts';
import { reach, Refused, type ReachOptions } from './reach.ts';
import { relay } from './relay.ts';
import type { RunPass } from './run-pass.ts';

/** Records of TLS and frames of HTTP/2 that neither ask nor answer (acknowledgements, window updates, pings, closing) are smaller. */
const CONTROL_BYTES = 64;

export const answerTunnel = (client: Duplex, status: string, headers = ''): void => {
  client.end(`HTTP/1.1 ${status}\r\n${headers}content-length: 0\r\nconnection: close\r\n\r\n`);
};

/** CONNECT: bytes both ways, each chunk only while the run may. */
export async function tunnel(
  pass: RunPass,
  target: EgressTarget,
  client: Duplex,
  head: Buffer,
  options: ReachOptions,
): Promise<void> {
  client.on('error', () => client.destroy());
  if (pass.refusal(target)) {
    answerTunnel(client, '403 Forbidden');
    return;
  }
  pass.hold(client);
  const server = await reach(pass, target, options).catch((error: unknown) => {
    answerTunnel(client, error instanceof Refused ? '403 Forbidden' : '502 Bad Gateway');
    return undefined;
  });
  if (!server) return;
  if (client.destroyed) {
    server.destroy();
    return;
  }
  const cut = (): void => {
    client.destroy();
    server.destroy();
  };
  // A browser repeats by itself what a server left unanswered on a connection that had worked before.
  let asked = 0;
  let answered = false;
  const noteDrop = (): void => {
    if (asked > CONTROL_BYTES && answered && !client.destroyed) pass.dropped(target);
  };
  server.on('end', noteDrop);
  server.on('error', noteDrop);
  server.on('close', () => client.destroy());
  client.on('close', () => server.destroy());
  client.write('HTTP/1.1 200 OK\r\n\r\n');
  if (head.length > 0) client.unshift(head);
  relay(
    client,
    server,
    (chunk) => {
      asked += chunk.length;
      return pass.mayPass(chunk.length);
    },
    cut,
  );
  relay(
    server,
    client,
    (chunk) => {
      if (chunk.length > CONTROL_BYTES) {
        answered = true;
        asked = 0;
      }
      return pass.mayPass(chunk.length);
    },
    cut,
  );
}
