import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { TaskContract } from '../contracts/task-contract.ts';
import { judgeAddress } from './addresses.ts';
import {
  canonicalHost,
  hostPort,
  privateHostsRule,
  readHostPort,
  refuseAddresses,
  refuseTarget,
} from './egress.ts';

const seed = Math.trunc(Math.random() * 2 ** 31);
const contract = TaskContract.parse({
  navigate: ['https://portal.example', 'http://portal.example:8080', { suffix: 'shop.example' }],
  resources: ['http://cdn.example', 'http://odd.example:22', 'http://metadata.google.internal'],
});

describe('hosts, whatever they are written as', () => {
  it.each([
    ['2852039166', '169.254.169.254'],
    ['0xA9FEA9FE', '169.254.169.254'],
    ['0251.0376.0251.0376', '169.254.169.254'],
    ['169.254.43518', '169.254.169.254'],
    ['169。254。169。254', '169.254.169.254'],
    ['①⑥⑨.②⑤④.①⑥⑨.②⑤④', '169.254.169.254'],
    ['%31%36%39.254.169.254', '169.254.169.254'],
    ['Portal.Example.', 'portal.example'],
    ['[::FFFF:a9fe:a9fe]', '::ffff:a9fe:a9fe'],
    ['::1', '::1'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['user@portal.example', undefined],
    ['portal.example/x', undefined],
    ['portal.example\\@evil.example', undefined],
    ['portal.example:80', undefined],
    ['999.1.1.1', undefined],
    ['', undefined],
    ['.', undefined],
  ])('%s: %s', (host, canonical) => {
    expect(canonicalHost(host)).toBe(canonical);
  });

  it.each([
    ['portal.example:443', { host: 'portal.example', port: 443 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['2130706433:80', { host: '127.0.0.1', port: 80 }],
    ['portal.example', undefined],
    ['portal.example:0', undefined],
    ['portal.example:65536', undefined],
    ['::1:80', undefined],
    ['a:b:80', undefined],
    ['http://portal.example:80', undefined],
  ])('CONNECT %s', (text, target) => {
    expect(readHostPort(text)).toEqual(target);
  });

  it(`canonical stays canonical, and its address is judged as the browser would reach it (seed ${seed})`, () => {
    const text = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.ipV4Extended(),
      fc.ipV6(),
      fc.domain(),
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      fc.nat({ max: 2 ** 32 - 1 }).map(String),
    );
    fc.assert(
      fc.property(text, (written) => {
        const host = canonicalHost(written);
        if (host === undefined) return;
        expect(canonicalHost(host)).toBe(host);
        expect(readHostPort(hostPort({ host, port: 80 }))).toEqual({ host, port: 80 });
        const literal = host.includes(':') ? `[${host}]` : host;
        expect(new URL(`http://${literal}/`).hostname.replace(/^\[|\]$/g, '')).toBe(host);
        // A host of digits and dots alone is an address to every browser, never a name to look up.
        if (/^[\d.]+$/.test(host)) expect(judgeAddress(host).range).not.toBe('no address');
      }),
      { seed, numRuns: 2_000 },
    );
  });
});

describe('what is refused before a name is looked up', () => {
  const reason = (scheme: 'http' | 'tunnel', host: string, port: number): string | undefined =>
    refuseTarget(contract, { scheme, host, port })?.reason;

  it.each([
    ['tunnel', 'portal.example', 443, undefined],
    ['http', 'portal.example', 8080, undefined],
    ['tunnel', 'portal.example', 8080, undefined],
    ['http', 'cdn.example', 80, undefined],
    ['tunnel', 'a.shop.example', 443, undefined],
    ['http', 'portal.example', 80, 'origin'],
    ['tunnel', 'cdn.example', 443, 'origin'],
    ['http', 'a.shop.example', 80, 'origin'],
    ['tunnel', 'portal.example', 22, 'origin'],
    ['http', 'odd.example', 22, 'port'],
    ['http', 'metadata.google.internal', 80, 'metadata'],
    ['http', '169.254.169.254', 80, 'origin'],
  ] as const)('%s %s:%d %s', (scheme, host, port, expected) => {
    expect(reason(scheme, host, port)).toBe(expected);
  });

  it('names what to add', () => {
    expect(
      refuseTarget(contract, { scheme: 'tunnel', host: 'x.example', port: 443 })?.detail,
    ).toMatch(/x\.example:443 .*contract\.navigate or contract\.resources/);
  });
});

describe('what the addresses of a name may be', () => {
  const target = { host: 'portal.example', port: 443 };

  it('refuses a name of which one address is not public', () => {
    expect(refuseAddresses(target, ['93.184.216.34'], false)).toBeUndefined();
    expect(refuseAddresses(target, ['93.184.216.34', '10.0.0.1'], false)).toMatchObject({
      reason: 'address',
      detail: expect.stringContaining('RODEX_PRIVATE_HOSTS'),
    });
    expect(refuseAddresses(target, ['10.0.0.1'], true)).toBeUndefined();
  });

  it('opens link-local and metadata addresses to nobody', () => {
    for (const address of [
      '169.254.169.254',
      'fd20:ce::254',
      'fe80::1',
      '::ffff:a9fe:a9fe',
      '0.0.0.0',
    ])
      expect(refuseAddresses(target, [address], true)).toBeDefined();
  });
});

describe('private hosts', () => {
  const own = TaskContract.parse({
    navigate: ['http://127.0.0.1:3000', 'http://localhost:4000', 'https://intranet.example'],
    resources: ['https://192.168.1.5', 'http://169.254.169.254', 'https://93.184.216.34'],
  });

  it('are the list of the deployment, and on one machine the addresses that a contract names', () => {
    expect(privateHostsRule(['10.1.2.3:8080', '[FD00::1]:443'], false)(own)).toEqual([
      '10.1.2.3:8080',
      '[fd00::1]:443',
    ]);
    expect(privateHostsRule([], true)(own)).toEqual([
      '127.0.0.1:3000',
      'localhost:4000',
      '192.168.1.5:443',
    ]);
  });

  it.each([
    '10.1.2.3',
    'http://10.1.2.3:80',
    '169.254.169.254:80',
    'metadata.google.internal:80',
    'x:y',
  ])('names a bad entry: %s', (entry) => {
    expect(() => privateHostsRule([entry], false)).toThrow(/RODEX_PRIVATE_HOSTS/);
  });
});
