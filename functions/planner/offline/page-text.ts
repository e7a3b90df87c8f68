/** Reads observation text of the grammar `rodex-observation/1` (docs/architecture/observation-grammar.md). */
export interface Unit {
  readonly ref: string;
  readonly role: string;
  readonly name: string;
  readonly value?: string;
  readonly flags: readonly string[];
}
export interface Cell {
  /** What a person reads in it. */
  readonly text: string;
  readonly units: readonly Unit[];
}
export interface PageLine {
  /** What a person reads in the line: text, and names and values of units. */
  readonly text: string;
  readonly cells: readonly Cell[];
  readonly units: readonly Unit[];
  readonly heading: boolean;
}
export interface Page {
  readonly url: string;
  readonly title: string;
  /** Of the document: where the viewport ends and how high the page is. */
  readonly viewBottom: number;
  readonly pageHeight: number;
  readonly dialog?: string;
  readonly lines: readonly PageLine[];
}

const unescape = (text: string): string => text.replace(/\\(.)/g, '$1');

/** Splits at a separator that is not escaped by a backslash. */
function splitUnescaped(text: string, separator: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text.charAt(at) === '\\') at += 1;
    else if (text.startsWith(separator, at)) {
      pieces.push(text.slice(from, at));
      at += separator.length - 1;
      from = at + 1;
    }
  }
  return [...pieces, text.slice(from)];
}

function parseUnit(inner: string): Unit | undefined {
  const [head = '', ...flags] = splitUnescaped(inner, '; ');
  const match = /^((?:f\d+)?e\d+) (\S+)(.*)$/s.exec(head);
  if (!match) return undefined;
  const [, ref = '', role = '', rest = ''] = match;
  const [name = '', ...values] = splitUnescaped(rest, ' = ');
  // `[e1 textbox = ada]` has no name; `[e1 textbox = ]` is empty.
  const hasValue = values.length > 0;
  return {
    ref,
    role,
    name: unescape(name).trim(),
    ...(hasValue && { value: unescape(values.join(' = ')).trim() }),
    flags: flags.map((flag) => unescape(flag).trim()),
  };
}

interface Piece {
  readonly text: string;
  readonly unit?: Unit;
}

/** Text and units of a line, in order. */
function piecesOf(line: string): Piece[] {
  const pieces: Piece[] = [];
  let text = '';
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (char === '\\') {
      text += line.slice(at, at + 2);
      at += 1;
      continue;
    }
    if (char !== '[') {
      text += char;
      continue;
    }
    let end = at + 1;
    while (end < line.length && line.charAt(end) !== ']') end += line.charAt(end) === '\\' ? 2 : 1;
    const unit = parseUnit(line.slice(at + 1, end));
    if (unit) {
      if (text !== '') pieces.push({ text });
      text = '';
      pieces.push({
        text: [unit.name, unit.value ?? ''].filter((part) => part !== '').join(' '),
        unit,
      });
    }
    at = end;
  }
  if (text !== '') pieces.push({ text });
  return pieces;
}

export function parseLine(raw: string): PageLine {
  const stripped = raw.replace(/^ +/, '');
  const heading = /^#{1,6} /.test(stripped);
  const content = stripped.replace(/^(?:#{1,6} |- )/, '');
  const cells: { text: string; units: Unit[] }[] = [{ text: '', units: [] }];
  for (const piece of piecesOf(content)) {
    const current = (): { text: string; units: Unit[] } => cells.at(-1) ?? { text: '', units: [] };
    if (piece.unit) {
      current().units.push(piece.unit);
      current().text += ` ${piece.text} `;
      continue;
    }
    const [first = '', ...others] = ` ${piece.text} `.split(' | ');
    current().text += unescape(first);
    for (const other of others) cells.push({ text: unescape(other), units: [] });
  }
  const tidy = cells.map((cell) => ({
    text: cell.text.replace(/\s+/g, ' ').trim(),
    units: cell.units,
  }));
  return {
    text: tidy.map((cell) => cell.text).join(' | '),
    cells: tidy,
    units: tidy.flatMap((cell) => cell.units),
    heading,
  };
}

function parseHeader(header: string): Omit<Page, 'lines'> {
  const field = (name: string): string =>
    new RegExp(`^${name}: (.*)$`, 'm').exec(header)?.[1] ?? '';
  const view = /^(\d+)x(\d+) at (-?\d+),(-?\d+) of (\d+)x(\d+)/.exec(field('view'));
  const dialog = field('dialog');
  return {
    url: field('url'),
    title: field('title'),
    viewBottom: Number(view?.[2] ?? 0) + Number(view?.[4] ?? 0),
    pageHeight: Number(view?.[6] ?? 0),
    ...(dialog !== '' && { dialog }),
  };
}

function split(text: string): { header: string; body: string[] } {
  const at = /^---$/m.exec(text)?.index;
  if (at === undefined) return { header: '', body: text.split('\n') };
  return { header: text.slice(0, at), body: text.slice(at + 4).split('\n') };
}

export function parsePage(text: string): Page {
  const { header, body } = split(text);
  return {
    ...parseHeader(header),
    lines: body.filter((line) => line.trim() !== '').map(parseLine),
  };
}

/** The page after a diff. Lines without refs that are gone cannot be told, so shown text may outlive the page's. */
export function applyDiff(page: Page, text: string): Page {
  const { header, body } = split(text);
  let lines = [...page.lines];
  for (const raw of body) {
    const [mark, rest] = [raw.slice(0, 2), raw.slice(2)];
    if (mark === '- ') {
      const gone = new Set(/: (.*)$/.exec(rest)?.[1]?.trim().split(/\s+/) ?? []);
      lines = lines.filter(
        (line) => line.units.length === 0 || !line.units.every((unit) => gone.has(unit.ref)),
      );
    } else if (mark === '+ ' || mark === '~ ') {
      const line = parseLine(rest);
      const refs = new Set(line.units.map((unit) => unit.ref));
      const at = lines.findIndex((old) => old.units.some((unit) => refs.has(unit.ref)));
      if (at >= 0) lines[at] = line;
      else lines.push(line);
    }
  }
  return { ...parseHeader(header), lines };
}
