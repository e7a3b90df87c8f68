import { describe, expect, it } from 'vitest';

import { TaskContract } from '../contracts/task-contract.ts';
import { AppError } from '../core/errors.ts';
import { assertMayShow, mayFetch } from './origins.ts';

const contract = TaskContract.parse({
  navigate: ['https://portal.example', { suffix: 'shop.example' }],
  resources: ['https://cdn.example'],
});
const codeOf = (url: string): string => {
  try {
    assertMayShow(contract, url);
    return 'shown';
  } catch (error) {
    return AppError.from(error).code;
  }
};

describe('origins of a task contract', () => {
  it.each([
    ['https://portal.example/a?b', 'shown'],
    ['https://shop.example/', 'shown'],
    ['https://www.shop.example/', 'shown'],
    ['about:blank', 'shown'],
    ['http://portal.example/', 'origin_refused'],
    ['https://portal.example:8443/', 'origin_refused'],
    ['https://portal.example.evil.example/', 'origin_refused'],
    ['https://evilshop.example/', 'origin_refused'],
    ['http://www.shop.example/', 'origin_refused'],
    ['https://cdn.example/', 'origin_refused'],
    ['https://user@portal.example/', 'origin_refused'],
    ['https://portal.example@evil.example/', 'origin_refused'],
    ['https://evil.example\\@portal.example/', 'origin_refused'],
    ['file:///etc/passwd', 'scheme_refused'],
    ['view-source:https://portal.example/', 'scheme_refused'],
    ['javascript:alert(1)', 'scheme_refused'],
    ['data:text/html,x', 'scheme_refused'],
    ['chrome://version', 'scheme_refused'],
    ['no url', 'origin_refused'],
  ])('%s: %s', (url, verdict) => {
    expect(codeOf(url)).toBe(verdict);
  });

  it('names the origin to add', () => {
    expect(() => assertMayShow(contract, 'https://other.example/a')).toThrow(
      /https:\/\/other\.example .*contract\.navigate/,
    );
  });

  it('lets sub-resources come from resource hosts as well, web sockets included', () => {
    expect(mayFetch(contract, 'https://cdn.example/x.js')).toBe(true);
    expect(mayFetch(contract, 'wss://portal.example/live')).toBe(true);
    expect(mayFetch(contract, 'ws://portal.example/live')).toBe(false);
    expect(mayFetch(contract, 'https://tracker.example/')).toBe(false);
    expect(mayFetch(contract, 'data:image/png;base64,')).toBe(true);
  });
});
