import { lookup } from 'node:dns/promises';
import net from 'node:net';
import type { Duplex } from 'node:stream';

import type { EgressRefusal } from '../../../shared/contracts/egress.ts';
import type { AddressVerdict } from '../../../shared/policy/addresses.ts';
import { refuseAddresses, type EgressTarget } from '../../../shared/policy/egress.ts';
import type { RunPass } from './run-pass.ts';
import { goOnThrough } from './upstream.ts';

/** A connection that policy forbids, as opposed to one that fails. */
export class Refused extends Error {
  readonly refusal: EgressRefusal;
  constructor(refusal: EgressRefusal) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

export interface ReachOptions {
  /** All addresses of a name. Default: the machine's resolver. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** What an address is. Default: policy's judgement. */
  readonly judge?: (address: string) => AddressVerdict;
}

const CONNECT_MS = 30_000;

async function resolveName(host: string): Promise<string[]> {
  if (host === 'localhost' || host.endsWith('.localhost')) return ['127.0.0.1', '::1'];
  return (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address);
}

/**
 * Connects to where a host stands: its name is looked up once, every answer is judged, and the connection goes to an address that was
 * judged, never to the name. Behind a proxy of the run's own, names are that proxy's to look up; addresses are judged here as well.
 * Throws `Refused`, or the network's own error.
 */
export async function reach(
  pass: RunPass,
  target: EgressTarget,
  options: ReachOptions,
): Promise<Duplex> {
  const proxy = pass.upstream;
  if (!proxy) return connect(pass, target, options);
  if (net.isIP(target.host) !== 0) admitAddresses(pass, target, [target.host], options);
  const connection = await connect(
    pass,
    { ...target, host: proxy.host, port: proxy.port },
    options,
  );
  try {
    return await goOnThrough(connection, target, proxy);
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

function admitAddresses(
  pass: RunPass,
  target: EgressTarget,
  addresses: readonly string[],
  options: ReachOptions,
): void {
  const opened = pass.rules.opensPrivate(target.host, target.port);
  const refusal = refuseAddresses(target, addresses, opened, options.judge);
  if (!refusal) return;
  pass.refuse(refusal);
  throw new Refused(refusal);
}

async function connect(
  pass: RunPass,
  target: EgressTarget,
  options: ReachOptions,
): Promise<net.Socket> {
  const { host, port } = target;
  const addresses = net.isIP(host) === 0 ? await (options.resolve ?? resolveName)(host) : [host];
  admitAddresses(pass, target, addresses, options);
  const [first = ''] = addresses;
  const answers = addresses.map((address) => ({ address, family: net.isIP(address) }));
  const socket = net.connect(
    answers.length === 1
      ? { host: first, port }
      : {
          host,
          port,
          autoSelectFamily: true,
          lookup: (_name, _options, done) => done(null, answers),
        },
  );
  socket.setNoDelay(true);
  pass.hold(socket);
  return new Promise((resolve, reject) => {
    socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error('ETIMEDOUT')));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', reject);
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}
