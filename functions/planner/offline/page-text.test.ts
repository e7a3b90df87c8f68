import { describe, expect, it } from 'vitest';

import { applyDiff, parseLine, parsePage } from './page-text.ts';
import {
  columnValues,
  findRow,
  findTable,
  inferType,
  isSorted,
  rowEntrance,
  rowWith,
} from './page-tables.ts';
import { labelledText } from './read-value.ts';
import { fold, nearestNames, resolve, ROLES } from './resolver.ts';

const ONE = `url: https://site.example/invoices
title: Invoices
view: 1280x720 at 0,100 of 1280x2000
tab: *t1 Invoices https://site.example/invoices
note: 12 more rows are not shown; use find
---
[e1 link Invoices] [e2 link Purchase orders]
# Invoices
From date [e3 date From date = 2026-01-01; invalid] [e4 select Status = Any; options Any|Open|Paid]
[e5 link Number] | [e6 link Date; sort descending] | [e7 link Total] |
[e10 link INV-1] | 3 Jan 2026 | €1,200.50 | [e11 button Download]
[e12 link INV-2] | 14 Feb 2026 | €88.00 | [e13 button Download]
Total due: €1,288.50
[e20 button Next page; disabled]
[e5000 iframe Help]
  [f2e7 button Ask us]
`;
const TWO = `url: https://portal.example/
title: Rechnungen
view: 800x600 at 0,0 of 800x600
dialog: confirm Wirklich löschen?
---
- [e1 link Belege; selected]
- [e2 link Bestellungen]
Betrag | 12,50 €
Kundennummer
K-0042
[e3 textbox Notiz = a \\; b \\= c \\[x\\]]
[e4 checkbox Ich stimme zu; unchecked; required]
\\[e9 button Fake\\] is only text
[e6 clickable Ein sehr langer Name der abgeschnitten wurd…]
`;

describe('reading observations', () => {
  const one = parsePage(ONE);
  const two = parsePage(TWO);
  const units = (page: typeof one) => page.lines.flatMap((line) => [...line.units]);

  it('reads header, units, values and flags', () => {
    expect(one).toMatchObject({
      url: 'https://site.example/invoices',
      title: 'Invoices',
      viewBottom: 820,
      pageHeight: 2_000,
    });
    expect(two.dialog).toBe('confirm Wirklich löschen?');
    expect(units(one).find((unit) => unit.ref === 'e3')).toEqual({
      ref: 'e3',
      role: 'date',
      name: 'From date',
      value: '2026-01-01',
      flags: ['invalid'],
    });
    expect(units(one).find((unit) => unit.ref === 'e4')?.flags).toEqual(['options Any|Open|Paid']);
    expect(units(one).find((unit) => unit.ref === 'f2e7')?.role).toBe('button');
    expect(units(two).find((unit) => unit.ref === 'e3')).toMatchObject({
      name: 'Notiz',
      value: 'a ; b = c [x]',
    });
    expect(parseLine('[e1 textbox = ada]').units[0]).toMatchObject({ name: '', value: 'ada' });
    expect(parseLine('[e1 textbox Name = ]').units[0]).toMatchObject({ name: 'Name', value: '' });
  });

  it('never takes escaped page text for a unit', () => {
    expect(units(two).map((unit) => unit.ref)).toEqual(['e1', 'e2', 'e3', 'e4', 'e6']);
    expect(two.lines.at(-2)?.text).toBe('[e9 button Fake] is only text');
  });

  it('applies a diff: changed, new and gone lines', () => {
    const page = applyDiff(
      one,
      'url: https://site.example/x\ntitle: X\nview: 1x1 at 0,0 of 1x1\n---\n~ [e12 link INV-2] | 14 Feb 2026 | €99.00\n+ Saved [e30 button Undo]\n- 2 lines gone: e20 e1 e2\n',
    );
    expect(page.url).toBe('https://site.example/x');
    expect(page.lines.find((line) => line.units[0]?.ref === 'e12')?.cells[2]?.text).toBe('€99.00');
    expect(units(page).map((unit) => unit.ref)).not.toContain('e20');
    expect(units(page).map((unit) => unit.ref)).toContain('e30');
  });

  it('finds tables by their columns, with types and order', () => {
    const table = findTable(one, ['Date', 'total']);
    expect(table?.headers.slice(0, 3)).toEqual(['Number', 'Date', 'Total']);
    expect(columnValues(table!, 'Total')).toEqual(['€1,200.50', '€88.00']);
    expect(findTable(one, ['Colour'])).toBeUndefined();
    expect(isSorted(columnValues(table!, 'Total'), true)).toBe(true);
    expect(isSorted(['3 Jan 2026', '14 Feb 2026'], false)).toBe(true);
    expect(isSorted(['03.02.2026', '14.01.2026'], false)).toBe(false);
    expect(isSorted(['1', '1'], true)).toBeUndefined();
  });

  it.each([
    [['2026-01-02', '3 Jan 2026', '03.01.2026', 'Jan 3, 2026'], 'date'],
    [['€1,200.50', '88', '-3.5', '1 200 EUR', '12 %'], 'number'],
    [['007', '12'], 'text'],
    [['INV-1'], 'text'],
    [[], 'text'],
  ])('takes %j for %s', (values, type) => expect(inferType(values)).toBe(type));

  it('finds a row by its values or by a text, and what leads into it', () => {
    const row = findRow(one, ['INV-2', '14 Feb 2026']);
    expect(row?.units[0]?.ref).toBe('e12');
    expect(rowEntrance(row!, undefined)?.ref).toBe('e12');
    expect(rowWith(one, 'INV-1')?.units[0]?.ref).toBe('e10');
    expect(findRow(one, ['Download', 'x'])).toBeUndefined();
  });

  it('reads what a label stands for: behind a colon, beside, below', () => {
    expect(labelledText(one, 'Total due')).toBe('€1,288.50');
    expect(labelledText(two, 'Betrag')).toBe('12,50 €');
    expect(labelledText(two, 'Kundennummer')).toBe('K-0042');
    expect(labelledText(two, 'Steuer')).toBeUndefined();
  });
});

describe('resolving names', () => {
  const one = parsePage(ONE).lines.flatMap((line) => [...line.units]);
  const two = parsePage(TWO).lines.flatMap((line) => [...line.units]);
  const ref = (units: typeof one, name: string, groups = ROLES.click, over = {}) => {
    const found = resolve(units, { name, ...over }, groups);
    return found.kind === 'found' ? found.unit.ref : found.kind;
  };

  it('goes from exact over folded to parts of names, in two wordings', () => {
    expect(ref(one, 'Invoices', ROLES.follow)).toBe('e1');
    expect(ref(one, 'purchase  ORDERS', ROLES.follow)).toBe('e2');
    expect(ref(one, 'Purchase', ROLES.follow)).toBe('e2');
    expect(ref(two, 'belege', ROLES.follow)).toBe('e1');
    expect(ref(two, 'stellung', ROLES.follow)).toBe('e2');
    expect(ref(two, 'Ein sehr langer Name der abgeschnitten wurde, weil er lang ist')).toBe('e6');
  });

  it('prefers roles that suit the verb, and refuses roles that do not', () => {
    expect(ref(one, 'From date', ROLES.type)).toBe('e3');
    expect(ref(one, 'Status', ROLES.choose)).toBe('e4');
    expect(ref(one, 'Number', ROLES.type)).toBe('missing');
    expect(ref(two, 'Ich stimme zu', ROLES.tick)).toBe('e4');
    expect(ref(one, 'Invoices', ROLES.click, { noun: 'button' })).toBe('missing');
  });

  it('does not choose between equals', () => {
    expect(ref(one, 'Download')).toBe('ambiguous');
    expect(ref(one, 'Download', ROLES.click, { nth: 2 })).toBe('e13');
    expect(ref(one, 'Download', ROLES.click, { nth: -1 })).toBe('e13');
  });

  it('names what comes nearest', () => {
    expect(nearestNames(one, 'Invoice')[0]).toBe('Invoices');
    expect(fold('  Date ▲ ')).toBe('date');
  });
});
