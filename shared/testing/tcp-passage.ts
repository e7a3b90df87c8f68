import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface TcpPassage {
  /** `127.0.0.1:port`: leads to the target. */
  readonly host: string;
  /** Resets every connection that is open; new ones pass. Gives how many there were. */
  cut(): number;
  close(): Promise<void>;
}

/** A way to a server whose connections can be cut. */
export async function openTcpPassage(target: string): Promise<TcpPassage> {
  const [targetHost = '', targetPort = ''] = target.split(':');
  const open = new Set<Socket>();
  // Waiting to fill packets would hold each answer up for tens of milliseconds.
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: Number(targetPort), host: targetHost, noDelay: true });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const cut = (): number => {
    const cutNow = open.size / 2;
    for (const socket of open) socket.resetAndDestroy();
    return cutNow;
  };
  return {
    host: `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    cut,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}
