const MONTHS: Readonly<Record<string, number>> = {};
const NAMES = [
  'jan januar january janvier enero gennaio',
  'feb februar february février febrero febbraio',
  'mar mär märz march mars marzo mrz',
  'apr april avril abril aprile',
  'may mai mayo maggio',
  'jun juni june juin junio giugno',
  'jul juli july juillet julio luglio',
  'aug august août agosto',
  'sep sept september septembre septiembre settembre',
  'oct okt oktober october octobre octubre ottobre',
  'nov november novembre noviembre',
  'dec dez dezember december décembre diciembre dicembre',
];
NAMES.forEach((names, index) => {
  for (const name of names.split(' ')) (MONTHS as Record<string, number>)[name] = index + 1;
});

function iso(year: number, month: number, day: number, time?: string): string | undefined {
  const full = year < 100 ? year + (year < 70 ? 2000 : 1900) : year;
  const date = new Date(Date.UTC(full, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return `${date.toISOString().slice(0, 10)}${time ?? ''}`;
}

const SLASHED = /\b(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})\b/;

/**
 * Which number of `03/12/2026` is the day, judged on a whole column: one date whose first number is above 12 says it for all, one whose
 * second is above 12 says the contrary. Undefined when no date of the column tells, or two contradict each other.
 */
export function dayComesFirst(texts: readonly string[]): boolean | undefined {
  let first = false;
  let second = false;
  for (const text of texts) {
    const slashed = SLASHED.exec(text);
    if (!slashed) continue;
    first ||= Number(slashed[1]) > 12;
    second ||= Number(slashed[2]) > 12;
  }
  return first === second ? undefined : first;
}

/**
 * A date in a text as ISO 8601: ISO itself, `12 Mar 2026`, `March 12, 2026`, `12.03.2026`, `2026/03/12`, `03/12/2026`.
 * Slashes and dashes with the year last are ambiguous: `dayFirst` decides, else the month comes first (US), unless the first number is
 * above 12; with dots the day always comes first. A month alone (`March 2026`) is its first day.
 */
export function parseDate(text: string, dayFirst = false): string | undefined {
  const stamp =
    /\b(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?/.exec(
      text,
    );
  if (stamp)
    return iso(
      Number(stamp[1]),
      Number(stamp[2]),
      Number(stamp[3]),
      stamp[4] ? `T${stamp[4]}${stamp[5] ?? ''}` : undefined,
    );
  const dotted = /\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})\b/.exec(text);
  if (dotted) return iso(Number(dotted[3]), Number(dotted[2]), Number(dotted[1]));
  const yearFirst = /\b(\d{4})[/.](\d{1,2})[/.](\d{1,2})\b/.exec(text);
  if (yearFirst) return iso(Number(yearFirst[1]), Number(yearFirst[2]), Number(yearFirst[3]));
  const slashed = SLASHED.exec(text);
  if (slashed) {
    const [first, second, year] = [Number(slashed[1]), Number(slashed[2]), Number(slashed[3])];
    return first > 12 || (dayFirst && second <= 12)
      ? iso(year, second, first)
      : iso(year, first, second);
  }
  return named(text);
}

function named(text: string): string | undefined {
  const dayFirst =
    /\b(\d{1,2})(?:st|nd|rd|th|\.)?\s+(?:de\s+)?(\p{L}{3,})\.?,?\s+(?:de\s+)?(\d{4}|\d{2})\b/iu.exec(
      text,
    );
  const month = (name: string | undefined): number | undefined =>
    MONTHS[(name ?? '').toLowerCase()] ?? MONTHS[(name ?? '').toLowerCase().slice(0, 3)];
  if (dayFirst && month(dayFirst[2]))
    return iso(Number(dayFirst[3]), month(dayFirst[2]) as number, Number(dayFirst[1]));
  const monthFirst = /(?<!\p{L})(\p{L}{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b/iu.exec(
    text,
  );
  if (monthFirst && month(monthFirst[1]))
    return iso(Number(monthFirst[3]), month(monthFirst[1]) as number, Number(monthFirst[2]));
  const hyphened = /\b(\d{1,2})-(\p{L}{3,})-(\d{4}|\d{2})\b/iu.exec(text);
  if (hyphened && month(hyphened[2]))
    return iso(Number(hyphened[3]), month(hyphened[2]) as number, Number(hyphened[1]));
  const monthOnly = /(?<!\p{L})(\p{L}{3,})\.?\s+(\d{4})\b/iu.exec(text);
  if (monthOnly && month(monthOnly[1]))
    return iso(Number(monthOnly[2]), month(monthOnly[1]) as number, 1);
  return undefined;
}
