import type { EgressRefusal } from '../contracts/egress.ts';
import type { TaskContract } from '../contracts/task-contract.ts';
import { AppError } from '../core/errors.ts';
import { judgeAddress, type AddressVerdict } from './addresses.ts';
import { mayFetch } from './origins.ts';

/** Where a connection is to go: the host as browsers write it (lower case, IPv6 without brackets, no trailing dot). */
export interface EgressTarget {
  /** `tunnel`: CONNECT, whose bytes may be https, wss or ws. */
  readonly scheme: 'http' | 'tunnel';
  readonly host: string;
  readonly port: number;
}

export const METADATA_NAMES: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
]);

/** The host as browsers write it, whatever notation it came in; undefined when it is none. */
export function canonicalHost(host: string): string | undefined {
  if (!/^[^\s/?#@\\]+$/.test(host) || host.length > 260) return undefined;
  const wrapped = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  if (!URL.canParse(`http://${wrapped}/`)) return undefined;
  const url = new URL(`http://${wrapped}/`);
  if (url.port !== '') return undefined;
  const plain = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return plain === '' ? undefined : plain;
}

/** `host:port` as CONNECT and configuration write it; undefined when it is none. */
export function readHostPort(text: string): { host: string; port: number } | undefined {
  const match = /^(\[[^\]]+\]|[^:[\]]+):(\d{1,5})$/.exec(text);
  const host = canonicalHost(match?.[1] ?? '');
  const port = Number(match?.[2]);
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

export const hostPort = ({ host, port }: { host: string; port: number }): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

const USUAL_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'socks5:': 1_080,
};

export const isLocalName = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost');

/**
 * Private addresses that a contract itself names: its exact origins, and its proxy, that are an address or `localhost`. They count where whoever writes a
 * contract owns the machine that runs it. A name that merely resolves to a private address is not among them.
 */
function privateHostsOf(contract: TaskContract): string[] {
  const proxy = contract.browser?.proxy?.server;
  const origins = [...contract.navigate, ...contract.resources, ...(proxy ? [proxy] : [])];
  return origins.flatMap((rule) => {
    if (typeof rule !== 'string') return [];
    const url = new URL(rule);
    const host = canonicalHost(url.hostname) ?? '';
    if (!isLocalName(host) && judgeAddress(host).kind !== 'private') return [];
    return [hostPort({ host, port: Number(url.port || USUAL_PORTS[url.protocol]) })];
  });
}

/** The list of a deployment, canonical. Throws `invalid_config` naming the entry. */
export function readPrivateHosts(entries: readonly string[]): string[] {
  return entries.map((entry) => {
    const read = readHostPort(entry);
    if (!read)
      throw new AppError(
        'invalid_config',
        `RODEX_PRIVATE_HOSTS: "${entry}" is no host:port, such as 10.1.2.3:8080 or intranet.example:443`,
      );
    if (
      METADATA_NAMES.has(read.host) ||
      judgeAddress(read.host).range === 'metadata' ||
      judgeAddress(read.host).range === 'linkLocal'
    )
      throw new AppError(
        'invalid_config',
        `RODEX_PRIVATE_HOSTS: "${entry}" is a metadata service or link-local; that is never opened`,
      );
    return hostPort(read);
  });
}

/**
 * Private `host:port`s that runs of a contract may reach: the deployment's list, and what the contract itself names where whoever writes
 * it owns the machine (the embedded platform). Throws as `readPrivateHosts`.
 */
export function privateHostsRule(
  listed: readonly string[],
  contractMayName: boolean,
): (contract: TaskContract) => readonly string[] {
  const always = readPrivateHosts(listed);
  return (contract) => (contractMayName ? [...always, ...privateHostsOf(contract)] : always);
}

const refuse = (
  { host, port }: Pick<EgressTarget, 'host' | 'port'>,
  reason: EgressRefusal['reason'],
  detail: string,
): EgressRefusal => ({ host: host.slice(0, 260), port, reason, detail: detail.slice(0, 500) });

/** What policy says before the name is looked up. */
export function refuseTarget(
  contract: TaskContract,
  target: EgressTarget,
): EgressRefusal | undefined {
  const { host, port, scheme } = target;
  // Below it becomes part of a URL, where anything but a host in its one form could mean another.
  if (canonicalHost(host) !== host) return refuse(target, 'origin', 'that is no name of a host');
  if (METADATA_NAMES.has(host))
    return refuse(target, 'metadata', `${host} is a metadata service, which is never opened`);
  const literal = host.includes(':') ? `[${host}]` : host;
  const schemes = scheme === 'http' ? ['http'] : ['https', 'http'];
  if (!schemes.some((name) => mayFetch(contract, `${name}://${literal}:${port}/`)))
    return refuse(
      target,
      'origin',
      `${hostPort(target)} is not in the task contract; add it to contract.navigate or contract.resources if it should be`,
    );
  if (!isUsualPort(port))
    return refuse(target, 'port', `port ${port} is not one that web sites use`);
  return undefined;
}

export const isUsualPort = (port: number): boolean => port >= 1_024 || port === 80 || port === 443;

/**
 * What policy says of the addresses that a host stands for, every one of them: a name with one bad address is bad. `opened`: the
 * deployment opened this host and port although it is private.
 */
export function refuseAddresses(
  target: Pick<EgressTarget, 'host' | 'port'>,
  addresses: readonly string[],
  opened: boolean,
  judge: (address: string) => AddressVerdict = judgeAddress,
): EgressRefusal | undefined {
  for (const address of addresses) {
    const { kind, range } = judge(address);
    const where = address === target.host ? address : `${target.host} is at ${address}, which`;
    if (kind === 'never')
      return refuse(
        target,
        range === 'metadata' || range === 'linkLocal' ? 'metadata' : 'address',
        `${where} (${range}) is never opened`,
      );
    if (kind === 'private' && !opened)
      return refuse(
        target,
        'address',
        `${where} is not public (${range}); whoever runs Rodex can open ${hostPort(target)} in RODEX_PRIVATE_HOSTS`,
      );
  }
  return undefined;
}
