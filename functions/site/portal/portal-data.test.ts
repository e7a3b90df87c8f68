import { expect, it } from 'vitest';

import { generatePortalData } from './portal-data.ts';
import { pageSize, portalFacts } from './portal-facts.ts';
import { createTheme, variantOf, variants } from './theme.ts';

const siteOf = (seed: number) => {
  const { formats } = createTheme(variantOf(seed));
  const data = generatePortalData(seed, formats.invoicePrefix);
  return { data, facts: portalFacts(data, formats) };
};

const sites = Array.from({ length: 200 }, (_, seed) => siteOf(seed));

it('gives the same data for the same seed and other data for another', () => {
  expect(siteOf(7)).toEqual(siteOf(7));
  expect(siteOf(7).data.credentials).not.toEqual(siteOf(8).data.credentials);
  expect(siteOf(7).data.invoices).not.toEqual(siteOf(8).data.invoices);
});

it('takes variant A for seed 1 and each variant in turn', () => {
  expect([1, 2, 3, 4, 5].map(variantOf)).toEqual([...variants, 'A']);
  expect(variants).toContain(variantOf(0));
});

it('has sound invoices whatever the seed', () => {
  for (const { data } of sites) {
    expect(data.invoices.length).toBeGreaterThanOrEqual(32);
    expect(data.invoices.length).toBeLessThanOrEqual(38);
    for (const { lines, totalCents } of data.invoices) {
      const sum = lines.reduce((total, line) => total + line.quantity * line.unitCents, 0);
      expect(Number.isSafeInteger(totalCents) && totalCents > 0 && sum === totalCents).toBe(true);
    }
    for (const key of ['number', 'date', 'totalCents'] as const) {
      expect(new Set(data.invoices.map((invoice) => invoice[key])).size).toBe(data.invoices.length);
    }
  }
});

it('has a newest month that fits on a page and does not hold the largest invoice', () => {
  for (const { facts } of sites) {
    const { newestMonth, newestMonthInvoices, largestInvoice, largestOfNewestMonth } = facts;
    expect(newestMonthInvoices.length).toBeGreaterThanOrEqual(3);
    expect(newestMonthInvoices.length).toBeLessThanOrEqual(Math.min(6, pageSize));
    expect(facts.invoices.filter(({ dateIso }) => dateIso >= newestMonth)).toEqual(
      newestMonthInvoices,
    );
    expect(new Set(facts.invoices.map(({ dateIso }) => dateIso.slice(0, 7))).size).toBe(8);
    expect(largestInvoice.dateIso.slice(0, 7)).not.toBe(newestMonth);
    expect(largestOfNewestMonth.totalCents).toBe(
      Math.max(...newestMonthInvoices.map(({ totalCents }) => totalCents)),
    );
  }
});
