import { createPrng } from '../prng.ts';
import type { Prng } from '../prng.ts';
import {
  adjectives,
  categories,
  companyEndings,
  companyStems,
  firstNames,
  items,
  lastNames,
  nouns,
} from './portal-words.ts';

export type InvoiceStatus = 'open' | 'paid' | 'overdue';

export interface InvoiceLine {
  readonly description: string;
  readonly quantity: number;
  readonly unitCents: number;
}

export interface Invoice {
  readonly number: string;
  /** ISO day. No two invoices share one. */
  readonly date: string;
  readonly supplier: string;
  readonly category: string;
  readonly status: InvoiceStatus;
  readonly lines: readonly InvoiceLine[];
  /** Sum of the lines. No two invoices share one. */
  readonly totalCents: number;
}

export interface Order {
  readonly number: string;
  readonly reference: string;
  readonly supplier: string;
  readonly item: string;
  readonly quantity: number;
  readonly unitCents: number;
  readonly totalCents: number;
  readonly neededBy: string;
  /** ISO day. */
  readonly raisedOn: string;
}

export interface PortalData {
  readonly company: string;
  readonly displayName: string;
  readonly credentials: { readonly username: string; readonly password: string };
  readonly suppliers: readonly string[];
  readonly categories: readonly string[];
  readonly invoices: readonly Invoice[];
  /** Orders that exist before anybody acts. */
  readonly orders: readonly Order[];
  readonly firstOrderNumber: number;
}

const earlierMonths = 7;

export function generatePortalData(seed: number, invoicePrefix: string): PortalData {
  const prng = createPrng(seed);
  const first = prng.pick(firstNames);
  const last = prng.pick(lastNames);
  const suppliers = prng
    .shuffle(companyStems)
    .slice(0, 8)
    .map((stem) => `${stem} ${prng.pick(companyEndings)}`);
  const password = `${prng.pick(adjectives)}-${prng.int(1000, 9999)}-${prng.pick(nouns)}`;
  const newestMonth = prng.int(3, 9);
  const firstOrderNumber = prng.int(20, 80) * 100;
  return {
    company: `${prng.pick(companyStems)} ${prng.pick(['Foods', 'Textiles', 'Machines', 'Hotels'])}`,
    displayName: `${first} ${last}`,
    credentials: { username: `${first}.${last}`.toLowerCase(), password },
    suppliers: suppliers.toSorted(),
    categories,
    invoices: generateInvoices(prng, suppliers, invoicePrefix, newestMonth),
    orders: Array.from({ length: 6 }, (_, index) =>
      generateOrder(prng, suppliers, firstOrderNumber + index, newestMonth),
    ),
    firstOrderNumber: firstOrderNumber + 6,
  };
}

function generateInvoices(
  prng: Prng,
  suppliers: readonly string[],
  prefix: string,
  newestMonth: number,
): Invoice[] {
  const newestCount = prng.int(3, 6);
  const count = prng.int(33, 37);
  const dates = [
    ...daysOf(prng, newestMonth, newestCount),
    ...Array.from({ length: earlierMonths }, (_, back) => {
      const share = Math.floor((count - newestCount + back) / earlierMonths);
      return daysOf(prng, newestMonth - 1 - back, share);
    }).flat(),
  ];
  const purchases = distinctPurchases(prng, dates.length);
  // The largest of all must not be among the newest: "largest" and "largest of the newest month" stay different questions.
  const largest = purchases.findIndex(
    (lines) => totalOf(lines) === Math.max(...purchases.map(totalOf)),
  );
  if (largest < newestCount) {
    const earlier = newestCount + prng.int(0, purchases.length - newestCount - 1);
    [purchases[largest], purchases[earlier]] = [
      purchases[earlier] as InvoiceLine[],
      purchases[largest] as InvoiceLine[],
    ];
  }
  const firstNumber = prng.int(10, 89) * 1000;
  const numbers = prng.shuffle(dates.map((_, index) => firstNumber + index * 3 + 1));
  return dates.map((date, index) => {
    const lines = purchases[index] as InvoiceLine[];
    return {
      number: `${prefix}${numbers[index]}`,
      date,
      supplier: prng.pick(suppliers),
      category: prng.pick(categories),
      status: prng.pick<InvoiceStatus>(['open', 'open', 'paid', 'paid', 'overdue']),
      lines,
      totalCents: totalOf(lines),
    };
  });
}

/** Months before January run into 2025. Days stop at 28 so that every month has them. */
function daysOf(prng: Prng, month: number, count: number): string[] {
  const days = prng.shuffle(Array.from({ length: 28 }, (_, index) => index + 1)).slice(0, count);
  return days.map((day) => new Date(Date.UTC(2026, month - 1, day)).toISOString().slice(0, 10));
}

function distinctPurchases(prng: Prng, count: number): InvoiceLine[][] {
  const purchases = new Map<number, InvoiceLine[]>();
  while (purchases.size < count) {
    const lines = prng
      .shuffle(items)
      .slice(0, prng.int(1, 5))
      .map((description) => ({
        description,
        quantity: prng.int(1, 24),
        unitCents: prng.int(250, 24_000),
      }));
    purchases.set(totalOf(lines), lines);
  }
  return [...purchases.values()];
}

function totalOf(lines: readonly InvoiceLine[]): number {
  return lines.reduce((sum, line) => sum + line.quantity * line.unitCents, 0);
}

function generateOrder(
  prng: Prng,
  suppliers: readonly string[],
  number: number,
  newestMonth: number,
): Order {
  const quantity = prng.int(1, 40);
  const unitCents = prng.int(250, 9000);
  const [raisedOn = ''] = daysOf(prng, newestMonth - 1, 1);
  const [neededBy = ''] = daysOf(prng, newestMonth + 1, 1);
  return {
    number: `PO-${number}`,
    reference: `${prng.pick(adjectives)}-${prng.pick(nouns)}-${prng.int(10, 99)}`.toUpperCase(),
    supplier: prng.pick(suppliers),
    item: prng.pick(items),
    quantity,
    unitCents,
    totalCents: quantity * unitCents,
    neededBy,
    raisedOn,
  };
}
