import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { TaskContract } from '../contracts/task-contract.ts';
import { AppError } from '../core/errors.ts';
import { canonicalHost, readHostPort, refuseTarget } from './egress.ts';
import { assertMayShow, mayFetch, mayShow, siteOf } from './origins.ts';

const seed = Math.trunc(Math.random() * 2 ** 31);
const contract = TaskContract.parse({
  navigate: ['https://portal.example', 'http://portal.example:8080', { suffix: 'shop.example' }],
  resources: ['https://cdn.example'],
});
const ORIGINS = ['https://portal.example', 'http://portal.example:8080'];

const host = fc.oneof(
  fc.constantFrom(
    'portal.example',
    'PORTAL.example',
    'portal.example.',
    'portal.example:8080',
    'shop.example',
    'a.shop.example',
    'notshop.example',
    'shop.example.evil.example',
    'cdn.example',
    'p\u043ertal.example',
    '169.254.169.254',
    '2852039166',
  ),
  fc.domain(),
  fc.ipV4Extended(),
  fc.ipV6().map((address) => `[${address}]`),
);
/** URLs, near-URLs and what only looks like one. */
const written = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc
    .tuple(
      fc.constantFrom(
        'https:',
        'http:',
        'HTTPS:',
        'wss:',
        'ws:',
        'h\nttps:',
        '\thttps:',
        'javascript:',
        'file:',
        'data:',
        'blob:https:',
        'view-source:https:',
        '',
      ),
      fc.constantFrom('//', '/', '\\\\', '///', '\\/', ''),
      fc.constantFrom('', 'user@', 'portal.example@', 'a:b@', 'portal.example\\@', '@'),
      host,
      fc.constantFrom(
        '',
        '/',
        ':443/',
        ':8080',
        ':0',
        '#@evil.example',
        '?@evil.example',
        '\\@evil.example',
        '%2f@evil.example',
      ),
    )
    .map((parts) => parts.join('')),
);

/** Told apart by other means than the policy's own. */
function isListed(url: URL, origins: readonly string[]): boolean {
  if (origins.includes(url.origin)) return true;
  const labels = url.hostname.split('.');
  return url.origin === `https://${url.hostname}` && labels.slice(-2).join('.') === 'shop.example';
}

describe(`URLs that somebody made up (seed ${seed})`, () => {
  it('are shown only on listed origins, over http and https, without names and passwords', () => {
    let shown = 0;
    let refused = 0;
    fc.assert(
      fc.property(written, (text) => {
        try {
          assertMayShow(contract, text);
        } catch (error) {
          refused += 1;
          expect(['origin_refused', 'scheme_refused']).toContain(AppError.from(error).code);
          return;
        }
        if (text === 'about:blank') return;
        shown += 1;
        const url = new URL(text);
        expect(['http:', 'https:']).toContain(url.protocol);
        expect(`${url.username}${url.password}`).toBe('');
        expect(isListed(url, ORIGINS)).toBe(true);
        expect(mayShow(contract, url.origin)).toBe(true);
        expect(mayFetch(contract, text)).toBe(true);
      }),
      { seed, numRuns: 5_000 },
    );
    expect(shown).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(1_000);
  });

  it('are fetched only from listed origins, sockets too', () => {
    let fetched = 0;
    fc.assert(
      fc.property(written, (text) => {
        if (!mayFetch(contract, text)) return;
        const url = new URL(text);
        if (['data:', 'blob:', 'about:'].includes(url.protocol)) return;
        fetched += 1;
        const scheme = url.protocol.replace('ws', 'http');
        expect(
          isListed(new URL(`${scheme}//${url.host}`), [...ORIGINS, 'https://cdn.example']),
        ).toBe(true);
      }),
      { seed, numRuns: 5_000 },
    );
    expect(fetched).toBeGreaterThan(20);
  });

  it('never make a site, a host or a target out of nothing', () => {
    fc.assert(
      fc.property(written, fc.integer({ min: -1, max: 70_000 }), (text, port) => {
        const site = siteOf(text);
        if (site !== undefined) expect(site).toMatch(/^https?:\/\/[^/@\s]+$/);
        for (const given of [text, text.replace(/^.*\/\//s, '')]) {
          const name = canonicalHost(given);
          if (name !== undefined) expect(name).not.toMatch(/[/@\\\s]/);
          readHostPort(given);
          const refusal = refuseTarget(contract, { scheme: 'http', host: given, port });
          if (refusal === undefined) expect(name).toMatch(/^(portal|cdn|(.+\.)?shop)\.example$/);
        }
      }),
      { seed, numRuns: 3_000 },
    );
  });
});
