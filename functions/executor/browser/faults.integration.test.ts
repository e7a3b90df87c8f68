import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';

import type { BrowserPool } from '../browser-session.ts';
import { NO_ANSWER_HEADER } from '../egress/egress.ts';
import { openDriver, testPool, type Driver } from './__fixtures__/site.ts';
import { MAX_DOWNLOADS } from './downloads.ts';

const PAGES: Readonly<Record<string, string>> = {
  '/loop': `<title>Loop</title><button onclick="for(;;);">Loop</button> <button onclick="out.textContent='still here'">After</button><p id=out></p>`,
  '/plain':
    '<title>Plain</title><h1>Plain page</h1><a href="/never">Never</a> <a href="/half">Half</a> <a href="/inflates">Inflates</a> <a href="http://nowhere.invalid/">Nowhere</a> <a href="https://nowhere.invalid/" target=_blank>Window to nowhere</a> <a href="/says-so">Says so</a> <form method=post action=/drops><button>Order</button></form>',
  '/storm': `<title>Storm</title><button onclick="for(let i=0;i<${MAX_DOWNLOADS + 100};i++){const a=document.createElement('a');a.href='data:text/plain,'+i;a.download='f'+i+'.txt';a.click()}">Storm</button>`,
  '/blocks': `<title>Blocks</title><button onclick="const f=document.createElement('input');f.type='file';f.click();out.textContent='asked'">Choose</button> <button onclick="print();out.textContent='printed'">Print</button><p id=out></p>`,
  // What is off the view is not laid out: it is our walk that is tried, not the browser's layout.
  '/vast': `<title>Vast</title><style>.t{content-visibility:auto;contain-intrinsic-size:1000px 20px}</style><h1>Vast</h1><button>First</button><section id=d></section><script>let h='';for(let i=0;i<50000;i++)h+='<p><a href="#'+i+'">Link '+i+'</a></p>';const w='word '.repeat(2000);for(let i=0;i<5000;i++)h+='<p class=t>'+w+'</p>';d.innerHTML=h</script>`,
};

/** 300 MiB when it is unpacked. */
const INFLATES = gzipSync(Buffer.alloc(300 * 1024 * 1024, ' '));

let server: Server;
let base = '';
let posts = 0;
let pool: BrowserPool;
let driver: Driver;
beforeAll(async () => {
  server = createServer((request, response) => {
    const { url = '/' } = request;
    if (url === '/never') return;
    if (url === '/drops') {
      posts += 1;
      request.resume().on('end', () => request.socket.destroy());
      return;
    }
    if (url === '/says-so') {
      response.setHeader(NO_ANSWER_HEADER, 'unreachable');
      response.end('A page');
      return;
    }
    if (url === '/inflates') {
      response.setHeader('content-encoding', 'gzip');
      response.setHeader('content-disposition', 'attachment; filename=report.csv');
      response.end(INFLATES);
      return;
    }
    response.setHeader('content-type', 'text/html');
    if (url === '/half') response.write('<title>Half</title><h1>Half a page</h1>');
    else response.end(PAGES[url] ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  pool = testPool();
});
afterAll(async () => {
  await pool.close();
  server.closeAllConnections();
  server.close();
});
beforeEach(async () => {
  driver = await openDriver(pool);
});
afterEach(async () => driver.session.close());

it('gives a navigation that never ends up, and can still see', { timeout: 60_000 }, async () => {
  await driver.go(`${base}/plain`);
  const never = await driver.act(
    { action: 'navigate', url: `${base}/never` },
    { timeoutMs: 1_500 },
  );
  expect(never).toMatchObject({ status: 'timeout', code: 'action_timeout' });
  expect(await driver.look()).toContain('Plain page');
  const half = await driver.act({ action: 'navigate', url: `${base}/half` }, { timeoutMs: 1_500 });
  expect(half).toMatchObject({ status: 'timeout' });
  expect(await driver.look()).toContain('Half a page');
});

it('is not blocked by a file chooser that nobody answers, nor by the print dialog', async () => {
  await driver.go(`${base}/blocks`);
  for (const [button, said] of [
    ['Choose', 'asked'],
    ['Print', 'printed'],
  ] as const)
    expect(
      await driver.act({
        action: 'click',
        target: driver.ref(`button ${button}`),
        expect: { text: said },
      }),
    ).toMatchObject({ status: 'done' });
});

it('knows that a site over plain HTTP gave no answer, which the proxy answers for it', async () => {
  await driver.go(`${base}/plain`);
  const nowhere = { status: 'failed', code: 'site_unreachable', acted: true };
  const target = driver.ref('link Nowhere');
  expect(await driver.act({ action: 'click', target })).toMatchObject(nowhere);
  expect(await driver.act({ action: 'navigate', url: 'http://nowhere.invalid/' })).toMatchObject(
    nowhere,
  );
  await driver.go(`${base}/plain`);
  // It may have arrived: whoever asks must not be told that it was done, nor may it be sent again.
  const order = await driver.act({ action: 'click', target: driver.ref('button Order') });
  expect(order).toMatchObject(nowhere);
  expect(posts).toBe(1);
});

it('says of a window too that its site gave no answer, and stays where it was', async () => {
  await driver.go(`${base}/plain`);
  const target = driver.ref('link Window to nowhere');
  expect(await driver.act({ action: 'click', target })).toMatchObject({
    status: 'failed',
    code: 'site_unreachable',
    message: expect.stringContaining('https://nowhere.invalid/ cannot be reached'),
    changed: {},
  });
  expect(await driver.look()).toContain('Plain page');
});

it('does not believe a site that says so of itself', async () => {
  await driver.go(`${base}/plain`);
  const target = driver.ref('link Says so');
  expect(await driver.act({ action: 'click', target })).toMatchObject({ status: 'done' });
  expect(await driver.look()).toContain('A page');
});

it('stops a small answer that unpacks to a large file', async () => {
  expect(INFLATES.length).toBeLessThan(1024 * 1024);
  await driver.go(`${base}/plain`);
  const clicked = await driver.act({ action: 'click', target: driver.ref('link Inflates') });
  expect(clicked).toMatchObject({ status: 'failed', code: 'artifact_too_large', acted: true });
  expect(driver.host.files.size).toBe(0);
});

it('goes on after a storm of files', { timeout: 120_000 }, async () => {
  await driver.go(`${base}/storm`);
  // Chromium itself gives a page some ten files for one click of a person.
  const clicked = await driver.act({ action: 'click', target: driver.ref('button Storm') });
  expect(clicked).toMatchObject({ status: 'done' });
  expect(await driver.act({ action: 'wait', idle: true })).toMatchObject({ status: 'done' });
  expect(driver.host.files.size).toBeLessThanOrEqual(MAX_DOWNLOADS);
  expect(driver.host.files.size).toBeGreaterThan(0);
});

it(
  'stops a script that never ends, once the page did not answer twice',
  { timeout: 60_000 },
  async () => {
    await driver.go(`${base}/loop`);
    const hung = await driver.act({ action: 'click', target: driver.ref('button Loop') });
    expect(hung.status).not.toBe('done');
    expect(await driver.look()).toContain('note: page not responding; this is what was last known');
    expect(await driver.look()).toContain('what its script was doing was stopped');
    expect(await driver.look()).not.toContain('not responding');
    const after = await driver.act({ action: 'click', target: driver.ref('button After') });
    expect(after).toMatchObject({ status: 'done' });
    expect(await driver.look()).toContain('still here');
  },
);

it(
  'sees a page of 150,000 nodes and 50 MB of text within its budget and time',
  { timeout: 120_000 },
  async () => {
    await driver.act({ action: 'navigate', url: `${base}/vast` });
    let text = await driver.look();
    // A page that is busy with itself is said to be, until it answers.
    for (let turn = 0; turn < 10 && text.includes('note: page not responding'); turn += 1)
      text = await driver.look();
    expect(text).toContain('button First');
    expect(text.length).toBeLessThan(40_000);
    expect(text).toMatch(/note: (left out|the page is too large)/);
  },
);
