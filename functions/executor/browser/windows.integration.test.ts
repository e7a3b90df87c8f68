import { beforeEach, expect, it } from 'vitest';

import { useDriver, useServer } from './__fixtures__/driven.ts';
import type { Driver } from './__fixtures__/site.ts';

const page = (port: number): string => `<title>Invoices</title>
<button onclick="window.open('/report?script', 'report')">By script</button>
<a href="/report?link" target=report>By link</a>
<form action="/report" target=report><input type=hidden name=by value=form><button>By form</button></form>
<form action="/report" target=report method=post><button>By post</button></form>
<a href="/file" target=report>File</a>
<button onclick="window.open('http://localhost:${port}/report', 'report')">Elsewhere</button>
<label><input type=checkbox onclick="window.open('/report?box', 'report'); return false">Box</label>
<button onclick="fetch('/slow').then(() => out.textContent = 'fetched')">Slow</button><p id=out></p>`;

const at = useServer((request, response, port) => {
  const [path, query = ''] = (request.url ?? '/').split('?');
  if (path === '/slow') return void setTimeout(() => response.end('slow'), 600);
  if (path === '/file') {
    response.setHeader('content-disposition', 'attachment; filename=report.csv');
    return void response.end('a,b\n');
  }
  response.setHeader('content-type', 'text/html');
  if (path !== '/report') return void response.end(page(port));
  const said = `<title>Report</title><p>Report ${request.method} ${query}</p>`;
  setTimeout(() => response.end(said), query.includes('late') ? 300 : 0);
});
const { driver } = useDriver();
beforeEach(async () => {
  await driver.go(`${at.base}/`);
});

const click = (name: string): ReturnType<Driver['act']> =>
  driver.act({ action: 'click', target: driver.ref(name) });

/** The window with the name shows something, and the page that opened it is looked at. */
async function withReport(): Promise<void> {
  expect(await click('link By link')).toMatchObject({ changed: { tab: 't2' } });
  await driver.act({ action: 'tab', op: 'switch', id: 't1' });
  await driver.look();
}

it.each([
  ['button By script', 'Report GET script'],
  ['link By link', 'Report GET link'],
  ['button By form', 'Report GET by=form'],
  ['button By post', 'Report POST'],
])('goes to the window that "%s" uses once more', async (name, words) => {
  await withReport();
  expect(await click(name)).toMatchObject({ status: 'done', changed: { tab: 't2' } });
  const text = await driver.look();
  expect(text).toContain(words);
  expect(text).toContain('\ntab: *t2 Report');
  expect(text).not.toContain('tab: t3');
});

it('waits until the window that is used once more shows its document', async () => {
  await withReport();
  await driver.peek(`document.querySelector('a').href = '/report?late'`);
  await driver.look();
  await click('link By link');
  expect(await driver.look()).toContain('Report GET late');
});

it('keeps a file that a window at hand is used for, and stays where it was', async () => {
  await withReport();
  expect(await click('link File')).toMatchObject({
    status: 'done',
    artifacts: [{ name: 'report.csv' }],
  });
  expect(driver.session.page()).toMatchObject({ tabId: 't1' });
});

it('refuses a window at hand what the task does not allow', async () => {
  await withReport();
  driver.host.allowed = (url) => new URL(url).hostname === '127.0.0.1';
  expect(await click('button Elsewhere')).toMatchObject({
    status: 'failed',
    code: 'origin_refused',
  });
  expect(driver.session.page()).toMatchObject({ tabId: 't1' });
});

it('leaves it to the act that failed that it used a window', async () => {
  await withReport();
  const target = driver.ref('checkbox Box');
  expect(await driver.act({ action: 'check', target })).toMatchObject({ status: 'failed' });
  expect(await click('button Slow')).toMatchObject({ status: 'done', changed: {} });
  expect(driver.session.page()).toMatchObject({ tabId: 't1' });
});

it('does not follow a window that shows something else by itself', async () => {
  await click('link By link');
  await driver.peek(`void setInterval(() => location.assign('/report?itself'), 100)`);
  await driver.act({ action: 'tab', op: 'switch', id: 't1' });
  await driver.look();
  expect(await click('button Slow')).toMatchObject({ status: 'done', changed: {} });
  const text = await driver.look();
  expect(text).toContain('fetched');
  expect(text).toMatch(/tab: \*t1 .*\n(tab: t2 Report http\S+itself)/);
});
