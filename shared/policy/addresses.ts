import ipaddr from 'ipaddr.js';

/** `private`: opened only by an exact host and port of the deployment. `never`: opened by nobody. */
export type AddressKind = 'public' | 'private' | 'never';

export interface AddressVerdict {
  readonly kind: AddressKind;
  /** What the address is, for a person. */
  readonly range: string;
}

type Range = readonly [name: string, kind: AddressKind, cidr: string];

/** Beside the registries' special ranges: where clouds keep what a browser must not reach. */
const CLOUD: readonly Range[] = [
  ['metadata', 'never', 'fd00:ec2::254/128'],
  ['metadata', 'never', 'fd20:ce::254/128'],
  ['metadata', 'never', '100.100.100.200/32'],
  ['metadata', 'never', '192.0.0.192/32'],
  ['metadata', 'never', '168.63.129.16/32'],
  ['googleApis', 'private', '199.36.153.4/30'],
  ['googleApis', 'private', '199.36.153.8/30'],
  ['googleApis', 'private', '34.126.0.0/18'],
  ['googleDns', 'private', '35.199.192.0/19'],
];
const PARSED = CLOUD.map(([name, kind, cidr]) => ({ name, kind, cidr: ipaddr.parseCIDR(cidr) }));
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR('2000::/3');
const NEVER_V4 = new Set(['unspecified', 'broadcast', 'multicast', 'linkLocal']);
const PRIVATE_V6 = new Set(['loopback', 'uniqueLocal']);

/**
 * What an IP address is. IPv6 is public only as unicast inside 2000::/3 (RFC 4291): mapped, compatible, translated (NAT64) and tunnelled
 * (6to4, Teredo) forms of IPv4 are never reached. Not an address: `never`.
 */
export function judgeAddress(text: string): AddressVerdict {
  if (!ipaddr.isValid(text) || text.includes('%')) return { kind: 'never', range: 'no address' };
  const address = ipaddr.parse(text);
  for (const { name, kind, cidr } of PARSED)
    if (address.kind() === cidr[0].kind() && address.match(cidr)) return { kind, range: name };
  const range = address.range();
  if (address.kind() === 'ipv4') {
    if (range === 'unicast') return { kind: 'public', range };
    return { kind: NEVER_V4.has(range) ? 'never' : 'private', range };
  }
  if (PRIVATE_V6.has(range)) return { kind: 'private', range };
  if (!address.match(GLOBAL_V6))
    return { kind: 'never', range: range === 'unicast' ? 'not global' : range };
  return { kind: range === 'unicast' ? 'public' : 'never', range };
}

/** The 4 or 16 bytes of an address; undefined for a name. */
export const addressBytes = (text: string): readonly number[] | undefined =>
  ipaddr.isValid(text) ? ipaddr.parse(text).toByteArray() : undefined;
