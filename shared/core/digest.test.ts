import { describe, expect, it } from 'vitest';

import { canonicalJson } from './digest.ts';

describe('canonicalJson', () => {
  it('orders names by UTF-16 units, numbers among them, and writes numbers as RFC 8785 does', () => {
    const value = { b: 1, '10': 1e21, '9': -0, a: 1e-7, '\u{1f600}': 'é"\\\n', '\ufb33': [[], {}] };
    expect(canonicalJson(value)).toBe(
      '{"10":1e+21,"9":0,"a":1e-7,"b":1,"\u{1f600}":"é\\"\\\\\\n","\ufb33":[[],{}]}',
    );
  });

  it.each([
    ['a lone surrogate', { text: '\ud800' }],
    ['a lone surrogate in a name', { '\udc00': 1 }],
    ['no number', [Number.NaN]],
    ['what is not finite', { much: -Infinity }],
    ['nothing', undefined],
  ])('refuses %s', (_what, value) => {
    expect(() => canonicalJson(value)).toThrow();
  });

  it('refuses what holds itself', () => {
    const round: Record<string, unknown> = {};
    round['round'] = { round };
    expect(() => canonicalJson(round)).toThrow('Circular');
  });
});
