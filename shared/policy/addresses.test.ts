import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { judgeAddress } from './addresses.ts';

const seed = Math.trunc(Math.random() * 2 ** 31);

describe(`what an address is (seed ${seed})`, () => {
  it.each([
    ['93.184.216.34', 'public'],
    ['2606:4700::6810:84e5', 'public'],
    ['10.0.0.1', 'private'],
    ['127.0.0.1', 'private'],
    ['100.64.1.1', 'private'],
    ['198.18.0.1', 'private'],
    ['192.0.2.1', 'private'],
    ['199.36.153.8', 'private'],
    ['35.199.192.1', 'private'],
    ['35.199.223.255', 'private'],
    ['35.199.224.1', 'public'],
    ['::1', 'private'],
    ['fd00::1', 'private'],
    ['0.0.0.0', 'never'],
    ['169.254.169.254', 'never'],
    ['100.100.100.200', 'never'],
    ['192.0.0.192', 'never'],
    ['168.63.129.16', 'never'],
    ['224.0.0.1', 'never'],
    ['255.255.255.255', 'never'],
    ['::', 'never'],
    ['::a9fe:a9fe', 'never'],
    ['::ffff:93.184.216.34', 'never'],
    ['64:ff9b::5db8:d822', 'never'],
    ['64:ff9b:1::1', 'never'],
    ['2002:5db8:d822::', 'never'],
    ['2001:0:5db8:d822::1', 'never'],
    ['2001:db8::1', 'never'],
    ['fd20:ce::254', 'never'],
    ['fd00:ec2::254', 'never'],
    ['fe80::1', 'never'],
    ['fe80::1%eth0', 'never'],
    ['4000::1', 'never'],
    ['example.com', 'never'],
    ['', 'never'],
  ])('%s: %s', (address, kind) => {
    expect(judgeAddress(address).kind).toBe(kind);
  });

  it('never lets an IPv4 address out as an IPv6 one that stands for it', () => {
    const group = fc.integer({ min: 0, max: 0xff_ff });
    const forms = [
      (a: string, b: string) => `::ffff:${a}:${b}`,
      (a: string, b: string) => `::${a}:${b}`,
      (a: string, b: string) => `::ffff:0:${a}:${b}`,
      (a: string, b: string) => `64:ff9b::${a}:${b}`,
      (a: string, b: string) => `2002:${a}:${b}::`,
      (a: string, b: string) => `2001:0:${a}:${b}::1`,
    ];
    fc.assert(
      fc.property(group, group, fc.constantFrom(...forms), (high, low, form) => {
        const address = form(high.toString(16), low.toString(16));
        return address === '::0:1' || judgeAddress(address).kind === 'never';
      }),
      { seed },
    );
  });

  it('calls nothing outside 2000::/3 public, and answers for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV6(), fc.ipV4(), fc.string()), (text) => {
        const { kind } = judgeAddress(text);
        return kind !== 'public' || !text.includes(':') || /^[23][0-9a-f]{3}:/i.test(text);
      }),
      { seed, numRuns: 1_000 },
    );
  });
});
