/**
 * The number that a text holds, in the notations people write: `1.234,56 €`, `$1,234.56`, `1 234,5`, `(12.00)`, `−3`. Of `,` and `.`
 * the last one is the decimal sign when both occur; one alone is a group sign when it stands more than once, or before exactly three
 * digits with one to three digits before it other than a lone 0.
 */
export function parseNumber(text: string, options: { money?: boolean } = {}): number | undefined {
  const plain = text.replace(/[\u00a0\u2007\u2009\u202f]/g, ' ').replace(/[−–]/g, '-');
  const found = /[-+]?[^\d\s()+-]{0,4}\s?\d[\d.,' ’]*/.exec(plain);
  if (!found) return undefined;
  const at = found.index;
  const digits = /\d[\d.,'’ ]*/.exec(found[0])?.[0].replace(/[.,'’ ]+$/, '') ?? '';
  const grouped =
    digits
      .replace(/(?<=\d) (?=\d{3}(?:\D|$))/g, '')
      .split(' ')[0]
      ?.replace(/['’]/g, '') ?? '';
  const value = Number(toPlain(grouped, options.money ?? false));
  if (!Number.isFinite(value)) return undefined;
  const around = plain.slice(0, at + found[0].length + 4);
  const negative =
    /-\s?[^\d\s]{0,3}\s?\d/.test(around) ||
    /\([^)]*\d[^)]*\)/.test(plain) ||
    /\d\s?-\s*$/.test(plain);
  return negative ? -value : value;
}

function toPlain(text: string, money: boolean): string {
  const comma = text.lastIndexOf(',');
  const dot = text.lastIndexOf('.');
  if (comma >= 0 && dot >= 0)
    return comma > dot ? text.replaceAll('.', '').replace(',', '.') : text.replaceAll(',', '');
  const sign = comma >= 0 ? ',' : dot >= 0 ? '.' : '';
  if (sign === '') return text;
  const pieces = text.split(sign);
  const groups =
    pieces.length > 2 ||
    (pieces[1]?.length === 3 && /^[1-9]\d{0,2}$/.test(pieces[0] ?? '') && (money || sign === ','));
  return groups ? pieces.join('') : pieces.join('.');
}

/** An amount of money as integer cents: never through binary fractions. */
export function parseCents(text: string): number | undefined {
  const value = parseNumber(text, { money: true });
  return value === undefined ? undefined : Math.round(Number(`${value}e2`)) || 0;
}
