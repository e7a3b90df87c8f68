import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { contractPath, listContracts, renderContracts } from './contracts.ts';

const rendered = renderContracts();

test('every published schema has its file and no file is left over', () => {
  expect(listContracts(), 'cure: npm run contracts').toEqual([...rendered.keys()].toSorted());
});

test.each([...rendered])('%s is what the zod schema says', (name, text) => {
  expect(readFileSync(contractPath(name), 'utf8'), 'cure: npm run contracts').toBe(text);
});
