/** Shorter values are found by chance in any text: they are looked for as whole words only, and not in disguise. */
const MIN_LENGTH = 6;

const letters = (text: string): string => text.replace(/[^\p{L}\p{N}]+/gu, '').toLowerCase();

/** Base64 of text that may stand anywhere in what was encoded: the three alignments, without the characters at their ends. */
export function base64Forms(value: string): string[] {
  return [0, 1, 2].map((pad) => {
    const encoded = Buffer.from(`${'\0'.repeat(pad)}${value}`, 'utf8')
      .toString('base64')
      .replace(/=+$/, '');
    const from = pad === 0 ? 0 : pad + 1;
    const whole = Math.floor(((pad + Buffer.byteLength(value)) * 8) / 6);
    return encoded.slice(from, whole);
  });
}

function decoded(text: string): string[] {
  const all = [text];
  let last = text;
  for (let round = 0; round < 3; round += 1) {
    const next = last.replace(/(%[0-9a-fA-F]{2})+/g, (run) => {
      const bytes = Buffer.from(run.replaceAll('%', ''), 'hex');
      return bytes.toString('utf8');
    });
    if (next === last) break;
    all.push(next);
    last = next;
  }
  return all;
}

function holds(text: string, value: string): boolean {
  if (value.length < MIN_LENGTH) return text.split(/[^\p{L}\p{N}_@.+-]+/u).includes(value);
  const reversed = Array.from(value).toReversed().join('');
  const tight = letters(text);
  const wanted = letters(value);
  const wantedBack = letters(reversed);
  const bytes = Buffer.from(value, 'utf8').toString('hex');
  const dense = text.replace(/\s+/g, '');
  const plain = dense.replaceAll('-', '+').replaceAll('_', '/');
  return (
    text.includes(value) ||
    text.includes(reversed) ||
    (wanted.length >= MIN_LENGTH && (tight.includes(wanted) || tight.includes(wantedBack))) ||
    letters(text).replace(/0x/g, '').includes(bytes) ||
    base64Forms(value).some(
      (form) => form.length >= MIN_LENGTH && (dense.includes(form) || plain.includes(form)),
    ) ||
    base64Forms(reversed).some((form) => form.length >= MIN_LENGTH && plain.includes(form))
  );
}

/**
 * The first of `values` that a text holds: as it is, percent-encoded (also twice), in base64 at any alignment, in hex, reversed, or with
 * anything put between its characters. Pure; costs a few microseconds a value.
 */
export function valueIn(text: string, values: Iterable<string>): string | undefined {
  const forms = decoded(text);
  for (const value of values)
    if (value.trim() !== '' && forms.some((form) => holds(form, value))) return value;
  return undefined;
}

const MAX_TAIL = 2_000;

/** Scans what a model builds, string after string: a value may also be split over several of them. */
export class OutboundScan {
  #tail = '';

  /** The value that `text` gives away, alone or with what went before it; what gave nothing away is remembered. */
  find(text: string, values: Iterable<string>): string | undefined {
    const all = [...values];
    const alone = valueIn(text, all);
    if (alone !== undefined) return alone;
    if (all.length === 0) return undefined;
    const together = `${this.#tail}${text}`;
    const split = valueIn(
      together,
      all.filter((value) => value.length >= MIN_LENGTH),
    );
    if (split !== undefined) return split;
    this.#tail = together.slice(-MAX_TAIL);
    return undefined;
  }
}
