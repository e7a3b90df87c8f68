import { expect, it } from 'vitest';

import { createTheme, fill, variants } from './theme.ts';
import { wordingA } from './wording-a.ts';
import type { Wording, WordingKey } from './wording-a.ts';

const keys = Object.keys(wordingA) as WordingKey[];
const places = (label: string): string[] => (label.match(/\{\w+\}/g) ?? []).toSorted();

it.each(variants)('variant %s has every label with the same places to fill', (variant) => {
  const { wording } = createTheme(variant);
  expect(Object.keys(wording).toSorted()).toEqual(keys.toSorted());
  expect(keys.filter((key) => wording[key] === '')).toEqual([]);
  const shape = (from: Wording) => keys.map((key) => [key, ...places(from[key])]);
  expect(shape(wording)).toEqual(shape(wordingA));
});

it('uses other words and names for what a run must find', () => {
  const themes = variants.map(createTheme);
  const keysNeeded = [
    'signIn',
    'userName',
    'password',
    'invoices',
    'number',
    'date',
    'newOrder',
    'submitOrder',
    'confirmOrder',
    'downloadPdf',
  ] as const;
  const alike = keysNeeded.filter(
    (key) => new Set(themes.map(({ wording }) => wording[key])).size < variants.length,
  );
  expect(alike).toEqual([]);
  expect(new Set(themes.map(({ field }) => field('username'))).size).toBe(variants.length);
  expect(new Set(themes.map(({ css }) => css('table'))).size).toBe(variants.length);
});

it('fills a label without reading patterns in the value', () => {
  expect(fill('{name} of {name}, {other}', { name: '$& {name}' })).toBe(
    '$& {name} of $& {name}, {other}',
  );
});
