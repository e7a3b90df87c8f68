import { expect, it } from 'vitest';

import { isOpenedHere } from './schemes.ts';

it.each([
  ['', true],
  ['https://a.example/', true],
  ['HTTP://a.example/', true],
  ['about:blank', true],
  ['blob:https://a.example/1', true],
  ['data:text/plain,x', true],
  ['mailto:ada@a.example', false],
  ['tel:123', false],
  ['msteams:/l/chat', false],
  ['javascript:void 0', false],
])('knows what the browser opens itself: %s', (url, expected) => {
  expect(isOpenedHere(url)).toBe(expected);
});
