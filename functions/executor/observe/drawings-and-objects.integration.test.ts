import { describe, expect, it } from 'vitest';

import { useDriver, useServer } from '../browser/__fixtures__/driven.ts';

const DRAWING = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="400" height="100">
<a href="/two"><rect width="60" height="30" fill="red"/><text x="5" y="20">New</text></a>
<a xlink:href="/three" target="_blank"><text x="105" y="20">Old</text></a></svg>`;
const PAGES: Record<string, string> = {
  '/drawing': `<title>Drawing</title>${DRAWING}<table><tr><th>Part<th>See<tr><td>1<td>${DRAWING}</table>`,
  '/objects': `<title>Objects</title><object data="/inner" type="text/html" width=300 height=100></object>
    <embed src="/drawing.svg" width=300 height=120><object data="/none.xyz" type="application/x-none"><button>Instead</button></object>`,
  '/inner': `<p>Inner page</p><button onclick="this.textContent='Pressed'">Press</button>`,
  '/bad': `<title>Bad</title><a href="http://[bad">Bad link</a> <form action="http://" method=post><button>Send bad</button></form>
    <table><tr><th>No<tr class=row><td><a href="http://[bad">1</a></table>`,
  '/two': '<title>Two</title>',
  '/three': '<title>Three</title>',
};

const at = useServer(({ url = '/' }, response) => {
  if (url === '/drawing.svg') {
    response.setHeader('content-type', 'image/svg+xml');
    return void response.end(DRAWING);
  }
  response.setHeader('content-type', 'text/html');
  response.end(PAGES[url] ?? '<p>missing');
});
const { driver } = useDriver();

describe('links of a drawing', () => {
  it('are seen, read and judged as those of a page', async () => {
    const text = await driver.go(`${at.base}/drawing`);
    expect(text).toContain('link New]');
    expect(text).toContain('link Old]');
    const links = [
      { text: 'New', url: `${at.base}/two` },
      { text: 'Old', url: `${at.base}/three` },
    ];
    expect(await driver.act({ action: 'read', as: 'links' })).toMatchObject({
      status: 'done',
      data: [...links, ...links],
    });
    expect(await driver.inspect({ action: 'click', target: driver.ref('link Old') })).toMatchObject(
      { tag: 'a', role: 'link', href: `${at.base}/three`, listeners: false },
    );
    expect(
      await driver.act({
        action: 'extract',
        fields: [
          { name: 'part', header: 'Part' },
          { name: 'see', header: 'See', type: 'link' },
        ],
      }),
    ).toMatchObject({ data: [{ part: '1', see: `${at.base}/two` }] });
  });

  it('lead where they say, and a window of another site is refused before', async () => {
    await driver.go(`${at.base}/drawing`);
    expect(await driver.act({ action: 'click', target: driver.ref('link New') })).toMatchObject({
      status: 'done',
      changed: { url: `${at.base}/two` },
    });
    await driver.go(`${at.base}/drawing`);
    driver.host.allowed = (url) => !url.endsWith('/three');
    expect(await driver.act({ action: 'click', target: driver.ref('link Old') })).toMatchObject({
      status: 'refused',
      code: 'origin_refused',
      acted: false,
    });
  });
});

it('sees and touches the documents of objects, and what stands instead of one that is none', async () => {
  const text = await driver.go(`${at.base}/objects`);
  expect(text).toContain('Inner page');
  expect(text).toContain('link New]');
  expect(text).toContain('button Instead]');
  await driver.act({ action: 'click', target: driver.ref('button Press') });
  expect(await driver.look()).toContain('button Pressed; focused]');
  await driver.act({ action: 'click', target: driver.ref('link New') });
});

it('takes addresses that are none as they are written', async () => {
  await driver.go(`${at.base}/bad`);
  expect(await driver.act({ action: 'read', as: 'links' })).toMatchObject({
    status: 'done',
    data: [{ text: 'Bad link', url: 'http://[bad' }, { url: 'http://[bad' }],
  });
  expect(
    await driver.inspect({ action: 'click', target: driver.ref('button Send bad') }),
  ).toMatchObject({ form: { method: 'post', action: 'http://' } });
  const fields = [{ name: 'to', css: 'a', attribute: 'href' }];
  expect(await driver.act({ action: 'extract', rows: '.row', fields })).toMatchObject({
    status: 'done',
    data: [{ to: 'http://[bad' }],
  });
});
