import dgram from 'node:dgram';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import net from 'node:net';

/** Something that reached an address of the namespace. */
export interface Arrival {
  readonly protocol: 'tcp' | 'udp' | 'dns';
  /** Where it was sent; empty for datagrams. */
  readonly address: string;
  readonly port: number;
  /** What was sent, as Latin-1; grows while the connection lives. DNS: the name. */
  text: string;
}

const TCP_PORTS = [22, 25, 53, 80, 443, 3478, 5349, 6379, 8080, 8443, 9222];
const UDP_PORTS = [443, 3478, 5349, 19_302];
const MAX_TEXT = 256 * 1024;

const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');

/** Listens on every address of the namespace. The product is not asked what it did: this is what arrived. */
export class Trap {
  readonly arrivals: Arrival[] = [];
  readonly #sites = new Map<string, Server>();
  readonly #others: Server;
  readonly #open: (net.Server | dgram.Socket)[] = [];
  readonly #sockets = new Set<net.Socket>();
  readonly #arrivalOf = new WeakMap<net.Socket, Arrival>();

  /** `others` answers whoever reached an address that nobody may reach. */
  private constructor(others: RequestListener) {
    this.#others = createServer((request, response) => {
      this.#record(request);
      others(request, response);
    });
  }

  static async open(others: RequestListener): Promise<Trap> {
    const trap = new Trap(others);
    for (const port of TCP_PORTS) await trap.#listen(port);
    for (const port of UDP_PORTS) await trap.#hear(port);
    return trap;
  }

  /** Serves an address that may be reached; what arrives there is that site's business. */
  serve(address: string, listener: RequestListener): void {
    this.#sites.set(address, createServer(listener));
  }

  note(arrival: Arrival): void {
    this.arrivals.push(arrival);
  }

  async #listen(port: number): Promise<void> {
    const server = net.createServer((socket) => this.#onConnection(socket, port));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '::', resolve);
    });
    this.#open.push(server);
  }

  async #hear(port: number): Promise<void> {
    const socket = dgram.createSocket('udp6');
    socket.on('message', (data) =>
      this.note({ protocol: 'udp', address: '', port, text: data.toString('latin1') }),
    );
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, '::', resolve);
    });
    this.#open.push(socket);
  }

  #onConnection(socket: net.Socket, port: number): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    const address = plain(socket.localAddress ?? '');
    const site = port === 80 ? this.#sites.get(address) : undefined;
    if (site) {
      site.emit('connection', socket);
      return;
    }
    const arrival: Arrival = { protocol: 'tcp', address, port, text: '' };
    this.note(arrival);
    this.#arrivalOf.set(socket, arrival);
    socket.once('data', (chunk: Buffer) => {
      arrival.text = chunk.toString('latin1');
      // Anything but TLS is taken for HTTP, whatever the port.
      if (chunk[0] === 0x16) socket.destroy();
      else {
        socket.pause();
        socket.unshift(chunk);
        this.#others.emit('connection', socket);
        socket.resume();
      }
    });
  }

  #record(request: IncomingMessage): void {
    const arrival = this.#arrivalOf.get(request.socket);
    if (!arrival) return;
    arrival.text += `\n${request.method} ${request.url}\n${JSON.stringify(request.headers)}\n`;
    request.on('data', (chunk: Buffer) => {
      if (arrival.text.length < MAX_TEXT) arrival.text += chunk.toString('latin1');
    });
  }

  close(): void {
    for (const open of this.#open) open.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
