/** How one wording variant writes money and dates. Everything inside the site is integer cents and ISO days. */
export interface Formats {
  readonly invoicePrefix: string;
  money(cents: number): string;
  date(iso: string): string;
  /** Pattern of text date fields: `yyyy`, `mm` and `dd` with separators. */
  readonly datePattern: string;
  readonly priceExample: string;
}

export interface FormatChoice {
  readonly invoicePrefix: string;
  readonly lang: string;
  readonly thousands: ',' | '.';
  /** `{amount}` is replaced. */
  readonly money: string;
  readonly dateStyle: 'iso' | 'medium' | 'numeric';
  readonly datePattern: string;
}

export function createFormats(choice: FormatChoice): Formats {
  const decimal = choice.thousands === ',' ? '.' : ',';
  const medium = new Intl.DateTimeFormat(choice.lang, { dateStyle: 'medium', timeZone: 'UTC' });
  const amount = (cents: number): string => {
    const whole = String(Math.trunc(cents / 100)).replace(/\B(?=(\d{3})+$)/g, choice.thousands);
    return `${whole}${decimal}${String(cents % 100).padStart(2, '0')}`;
  };
  return {
    invoicePrefix: choice.invoicePrefix,
    money: (cents) => choice.money.replace('{amount}', () => amount(cents)),
    date(iso) {
      if (choice.dateStyle === 'iso') return iso;
      if (choice.dateStyle === 'medium') return medium.format(new Date(`${iso}T00:00:00Z`));
      return writeDate(iso, choice.datePattern);
    },
    datePattern: choice.datePattern,
    priceExample: amount(1250),
  };
}

export function writeDate(iso: string, pattern: string): string {
  const [year = '', month = '', day = ''] = iso.split('-');
  return pattern.replace('yyyy', year).replace('mm', month).replace('dd', day);
}

/** ISO day, or undefined when the text is no day that exists. ISO is understood whatever the pattern. */
export function parseDate(text: string, pattern: string): string | undefined {
  for (const candidate of ['yyyy-mm-dd', pattern]) {
    const source = candidate
      .replaceAll('.', '\\.')
      .replace('yyyy', '(?<y>\\d{4})')
      .replace('mm', '(?<m>\\d\\d)')
      .replace('dd', '(?<d>\\d\\d)');
    const found = new RegExp(`^${source}$`).exec(text)?.groups;
    if (found === undefined) continue;
    const iso = `${found['y']}-${found['m']}-${found['d']}`;
    const parsed = new Date(`${iso}T00:00:00Z`);
    if (!Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(iso)) return iso;
  }
  return undefined;
}

/** Integer cents, or undefined. Point and comma both separate cents; thousands separators are refused as ambiguous. */
export function parseMoney(text: string): number | undefined {
  const found = /^(\d{1,7})(?:[.,](\d{1,2}))?$/.exec(text);
  if (found === null) return undefined;
  return Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0'));
}
