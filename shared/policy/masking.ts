import { base64Forms } from './outbound-scan.ts';

const MASK = '•••';
const DISGUISED_FROM = 6;
const KEPT = 200;
const NOTHING: ReadonlySet<string> = new Set();
const formsOf = new Map<string, readonly string[]>();

/** The ways in which pages, logs and models write a value. Longest first, so that no part of one is left over. */
function forms(value: string): readonly string[] {
  const known = formsOf.get(value);
  if (known) return known;
  const plain = [
    value,
    value.replace(/[\\[\]]/g, '\\$&'),
    value.replace(/\s+/g, ' '),
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
  ];
  const bytes = Buffer.from(value, 'utf8').toString('hex');
  const disguised =
    value.length < DISGUISED_FROM
      ? []
      : [
          value.toUpperCase(),
          value.toLowerCase(),
          Array.from(value).toReversed().join(''),
          bytes,
          bytes.toUpperCase(),
          ...base64Forms(value),
          ...base64Forms(value).map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
        ];
  const all = [...new Set([...plain, ...disguised])]
    .filter((form) => form.trim() !== '' && (form.length >= DISGUISED_FROM || plain.includes(form)))
    .toSorted((left, right) => right.length - left.length);
  if (formsOf.size >= KEPT) formsOf.clear();
  formsOf.set(value, all);
  return all;
}

/** Hides values wherever they stand in text, also escaped, encoded or reversed. */
export function maskText(text: string, masks: Iterable<string>): string {
  let masked = text;
  for (const value of masks)
    for (const form of forms(value))
      if (masked.includes(form)) masked = masked.split(form).join(MASK);
  return masked;
}

/** The same for every string of a JSON value, names of fields aside and those in fields named by `kept`. */
export function maskJson<Value>(
  value: Value,
  masks: Iterable<string>,
  kept: ReadonlySet<string> = NOTHING,
): Value {
  const all = [...masks];
  if (all.length === 0) return value;
  const mask = (each: unknown): unknown => {
    if (typeof each === 'string') return maskText(each, all);
    if (Array.isArray(each)) return each.map(mask);
    if (typeof each === 'object' && each !== null)
      return Object.fromEntries(
        Object.entries(each).map(([key, field]) => [
          key,
          typeof field === 'string' && kept.has(key) ? field : mask(field),
        ]),
      );
    return each;
  };
  return mask(value) as Value;
}
