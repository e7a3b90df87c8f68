import { expect, it } from 'vitest';

import { NO_ANSWER_HEADER, proxyAnswered } from './egress.ts';

it('believes over plain HTTP only, where no site can say so, that the proxy answered', () => {
  const headers = { [NO_ANSWER_HEADER]: 'unreachable' };
  expect(proxyAnswered({ url: 'http://a.example/', headers })).toBe('unreachable');
  expect(proxyAnswered({ url: 'https://a.example/', headers })).toBeUndefined();
  expect(proxyAnswered({ url: 'http://a.example/', headers: {} })).toBeUndefined();
});
