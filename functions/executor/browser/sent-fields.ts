export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

const MAX_FIELDS = 300;

/** The same name more than once is what a list with several choices sends. */
function joined(fields: readonly NamedValue[]): NamedValue[] {
  const byName = new Map<string, string[]>();
  for (const { name, value } of fields.slice(0, MAX_FIELDS))
    byName.set(name, [...(byName.get(name) ?? []), value]);
  return [...byName].map(([name, values]) => ({
    name,
    value: values.join('\n').replace(/\r\n/g, '\n'),
  }));
}

function multipart(boundary: string, body: string): NamedValue[] {
  const parts = body.split(`--${boundary}`).slice(1, -1);
  return parts.flatMap((part) => {
    const at = part.indexOf('\r\n\r\n');
    const head = part.slice(0, at);
    const name = /\bname="([^"]*)"/.exec(head)?.[1];
    // What a file holds is no value of a field.
    if (at < 0 || name === undefined || /\bfilename="/.test(head)) return [];
    return [{ name, value: part.slice(at + 4).replace(/\r\n$/, '') }];
  });
}

function flat(json: unknown): NamedValue[] | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  return Object.entries(json).flatMap(([name, value]) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? [{ name, value: String(value) }]
      : [],
  );
}

/** Names and values that a body sends, of forms and of flat JSON; undefined for any other body. */
export function sentFields(contentType: string, body: string): NamedValue[] | undefined {
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType))
    return joined([...new URLSearchParams(body)].map(([name, value]) => ({ name, value })));
  const boundary = /^multipart\/form-data;.*\bboundary="?([^";]+)/i.exec(contentType)?.[1];
  if (boundary !== undefined) return joined(multipart(boundary, body));
  if (!/json|text\/plain/i.test(contentType)) return undefined;
  try {
    const fields = flat(JSON.parse(body));
    return fields && joined(fields);
  } catch {
    return undefined;
  }
}
