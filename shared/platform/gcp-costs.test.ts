import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { PRICES } from '../core/model-prices.ts';
import { type Cost, DEFAULT_EXECUTORS, idleCosts, money, runCosts, together } from './gcp-costs.ts';
import { GCP_PRICES, usdOf } from './gcp-prices.ts';

const page = readFileSync(
  resolve(import.meta.dirname, '../../docs/architecture/google-cloud.md'),
  'utf8',
);
const section = page.slice(page.indexOf('## What it costs'), page.indexOf('## What scales'));
const MODEL = 'gemini-2.5-flash';
const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const rows = (costs: readonly Cost[]): string[] => [
  ...costs.map(({ part, how, usd }) => row(part, how, money(usd))),
  `| **together** | | **${money(together(costs))}** |`,
];

describe('what it costs', () => {
  it('is told by the documentation as it is counted: one table of prices, one of each cost', () => {
    const price = PRICES[MODEL];
    const usd = (micro = 0): string => String(micro / 1_000_000);
    const expected = [
      ...Object.values(GCP_PRICES).map((each) => row(each.what, each.unit, String(each.usd))),
      row(
        `${MODEL}: prompt / cached / output`,
        'million tokens',
        [usd(price?.prompt), usd(price?.cached), usd(price?.output)].join(' / '),
      ),
      ...rows(idleCosts(DEFAULT_EXECUTORS)),
      ...rows(runCosts(1_000, DEFAULT_EXECUTORS, MODEL)),
    ];
    const told = section.split('\n').filter((line) => /^\|(?!---| (what|part) )/.test(line));
    expect(told).toEqual(expected);
  });

  it('grows with what there is', () => {
    const more = { ...DEFAULT_EXECUTORS, instances: 3 };
    expect(together(idleCosts(more))).toBeGreaterThan(2.5 * together(idleCosts(DEFAULT_EXECUTORS)));
    const [one, ten] = [1_000, 10_000].map((runs) =>
      together(runCosts(runs, DEFAULT_EXECUTORS, MODEL)),
    );
    expect(ten).toBeCloseTo((one ?? 0) * 10, 6);
  });

  it('says of a model without a price that it is not counted', () => {
    const model = runCosts(1_000, DEFAULT_EXECUTORS, 'gemini-next').at(-1);
    expect(model).toMatchObject({ usd: 0 });
    expect(model?.how).toContain('the price of gemini-next is not known');
  });

  it('counts by the unit of each price', () => {
    expect(usdOf('documentWrites', 100_000)).toBe(0.09);
    expect(usdOf('messageBytes', 2 ** 40)).toBe(40);
    expect([0, 0.0001, 0.12, 8.34, 99.4, 114.05].map(money)).toEqual([
      '0',
      '< 0.001',
      '0.12',
      '8.3',
      '99',
      '114',
    ]);
  });
});
