import { expect, it } from 'vitest';

import { useDriver, useServer } from '../browser/__fixtures__/driven.ts';

/** A form for each name: a field or a picture in it has that name, or the form itself. */
const PAGES: Record<string, (name: string, number: number) => string> = {
  '/fields': (name, number) => form(number, '', `name="${name}"`, ''),
  '/pictures': (name, number) => form(number, '', 'name=other', `id="${name}"`),
  '/forms': (name, number) => form(number, `name="${name}"`, 'name=other', ''),
};
const form = (number: number, own: string, field: string, picture: string): string =>
  `<div><form ${own} action="/go" method=post><label>Field ${number} <input ${field} value=v></label> <label>Key <input type=password name=pw></label>
<a href="/two">Link ${number}</a> <span onclick="1" style="cursor:pointer">Part ${number}</span> <img ${picture} alt="" width=9 height=9><button>Send ${number}</button></form></div>`;

let names: string[] = [];
const at = useServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://site');
  const one = PAGES[pathname];
  // The twin has names that hide nothing.
  const twin = searchParams.has('twin') ? 'x' : '';
  response.setHeader('content-type', 'text/html');
  if (!one) return void response.end(`<title>Gone</title><p>${request.method} ${pathname}`);
  const forms = names.map((name, at) => one(`${twin}${name}`, at)).join('\n');
  response.end(`<title>All</title><h1>Orders</h1>${forms}<table><tr><th>No<tr><td>1</table>`);
});
const { driver } = useDriver();

/** Every name that the holder has by its nature. */
const namesOf = (holder: string): Promise<string[]> =>
  driver.peek(
    `(() => { const names = new Set(); for (let at = ${holder}; at; at = Object.getPrototypeOf(at)) for (const name of Object.getOwnPropertyNames(at)) names.add(name); return [...names]; })()`,
  );

/** What is told of a page, without what differs from page to page. */
async function told(path: string, roles: string[]): Promise<unknown> {
  await driver.go(`${at.base}${path}`);
  const seen = await driver.session.observe({ kind: 'full', budgetChars: 400_000 });
  driver.text = seen.text;
  const facts: unknown[] = [];
  for (let at = 0; at < names.length; at += 1)
    for (const role of roles) {
      const target = driver.ref(`${role} ${at}`);
      const { form, ...fact } = await driver.inspect({ action: 'click', target });
      const { fields = [], ...rest } = form ?? {};
      const labels = fields.map(({ name: _name, ...field }) => field);
      facts.push({ ...fact, ref: '', documentId: '', url: '', form: { ...rest, labels } });
    }
  const read = await driver.act({ action: 'read' });
  const found = await driver.act({ action: 'find', text: 'Send 7' });
  const target = driver.ref('textbox Field 7');
  const typed = await driver.act({ action: 'type', target, text: 'new' });
  const plain = (value: unknown): string => JSON.stringify(value).replace(/\be\d+\b/g, 'e');
  return {
    lines: seen.text
      .replace(/\be\d+\b/g, 'e')
      .split('\n')
      .slice(1),
    facts,
    read: read.data,
    found: plain(found.data),
    typed: typed.status,
  };
}

it.each([
  ['/fields', 'a field', 'its form', 'HTMLFormElement.prototype', ['button Send', 'link Link']],
  ['/pictures', 'a picture', 'its form', 'HTMLFormElement.prototype', ['clickable Part']],
  ['/forms', 'a form', 'the document', 'HTMLDocument.prototype', ['textbox Field']],
])(
  '%s: tells the same, whatever the name of %s hides of %s',
  async (path, _what, _whose, holder, roles) => {
    names = await namesOf(holder);
    expect(names.length).toBeGreaterThan(150);
    const expected = await told(`${path}?twin`, roles);
    expect(await told(path, roles)).toEqual(expected);
    await driver.act({ action: 'click', target: driver.ref('button Send 7') });
    expect(await driver.look()).toContain('POST /go');
  },
);
