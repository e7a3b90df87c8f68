import { createHash } from 'node:crypto';
import { createFormats } from './formats.ts';
import type { FormatChoice, Formats } from './formats.ts';
import { wordingA } from './wording-a.ts';
import type { Wording } from './wording-a.ts';
import { wordingB } from './wording-b.ts';
import { wordingC } from './wording-c.ts';
import { wordingD } from './wording-d.ts';

export const variants = ['A', 'B', 'C', 'D'] as const;
export type Variant = (typeof variants)[number];
export type InvoiceColumn = 'number' | 'date' | 'total' | 'status' | 'supplier';

/** Everything that differs between two seeds but is not data: words, names in the markup, order, colours. */
export interface Theme {
  readonly variant: Variant;
  readonly lang: string;
  readonly wording: Wording;
  readonly formats: Formats;
  readonly columns: readonly InvoiceColumn[];
  readonly navigation: 'top' | 'side';
  readonly confirmation: 'dialog' | 'alertdialog';
  readonly accent: string;
  /** Class name in this variant's markup. */
  readonly css: (name: string) => string;
  /** Name and id of a form field in this variant's markup. */
  readonly field: (name: string) => string;
}

interface Choice {
  readonly wording: Wording;
  readonly formats: FormatChoice;
  readonly columns: readonly InvoiceColumn[];
  readonly navigation: Theme['navigation'];
  readonly confirmation: Theme['confirmation'];
  readonly accent: string;
  readonly css: (name: string) => string;
  readonly field: (name: string) => string;
}

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 6);

const choices: Readonly<Record<Variant, Choice>> = {
  A: {
    wording: wordingA,
    formats: {
      invoicePrefix: 'INV-',
      lang: 'en',
      thousands: ',',
      money: '€{amount}',
      dateStyle: 'iso',
      datePattern: 'yyyy-mm-dd',
    },
    columns: ['number', 'date', 'total', 'status'],
    navigation: 'top',
    confirmation: 'dialog',
    accent: '#1f5fa8',
    css: (name) => name,
    field: (name) => name,
  },
  B: {
    wording: wordingB,
    formats: {
      invoicePrefix: 'B',
      lang: 'en-GB',
      thousands: ',',
      money: '£{amount}',
      dateStyle: 'medium',
      datePattern: 'dd/mm/yyyy',
    },
    columns: ['date', 'number', 'supplier', 'status', 'total'],
    navigation: 'side',
    confirmation: 'alertdialog',
    accent: '#0f766e',
    css: (name) => `td-${name}`,
    field: (name) => `f_${name.replaceAll('-', '_')}`,
  },
  C: {
    wording: wordingC,
    formats: {
      invoicePrefix: '51-',
      lang: 'en-GB',
      thousands: ',',
      money: '{amount} USD',
      dateStyle: 'numeric',
      datePattern: 'dd/mm/yyyy',
    },
    columns: ['status', 'number', 'supplier', 'total', 'date'],
    navigation: 'side',
    confirmation: 'dialog',
    accent: '#5b4b8a',
    css: (name) => `Workplace_${name}__${short(name)}`,
    field: (name) => `ctl00_${name}`,
  },
  D: {
    wording: wordingD,
    // A no-break space before the sign, as German sites write it.
    formats: {
      invoicePrefix: 'RE-',
      lang: 'de',
      thousands: '.',
      money: '{amount}\u00a0€',
      dateStyle: 'numeric',
      datePattern: 'dd.mm.yyyy',
    },
    columns: ['number', 'supplier', 'date', 'total', 'status'],
    navigation: 'top',
    confirmation: 'alertdialog',
    accent: '#9a3412',
    css: (name) => `c${short(name)}`,
    field: (name) => `x${short(`field ${name}`)}`,
  },
};

/** Seed 1 is always variant A; the next seeds take turns. */
export function variantOf(seed: number): Variant {
  const turn = (((seed - 1) % variants.length) + variants.length) % variants.length;
  return variants[turn] as Variant;
}

export function createTheme(variant: Variant): Theme {
  const { formats, ...choice } = choices[variant];
  return { variant, lang: formats.lang, formats: createFormats(formats), ...choice };
}

/** Puts values into the `{name}` places of a label. */
export function fill(label: string, values: Readonly<Record<string, string | number>>): string {
  return label.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}
