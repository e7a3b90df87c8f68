import type { EventEmitter } from 'node:events';

import { expect, it } from 'vitest';

import { useDriver, useServer } from './__fixtures__/driven.ts';
import type { ContextSession } from './session.ts';

const ANSWER_MS = 300;
const LOAD = `<button onclick="fetch('/slow').then(r=>r.text()).then(t=>{out.textContent='got '+t})">Load</button><p id=out></p>`;

const at = useServer((request, response, port) => {
  const { url = '/' } = request;
  if (url.startsWith('/never')) return;
  if (url === '/refused') return void response.destroy();
  if (url === '/missing') return void response.writeHead(404).end();
  if (url === '/slow') return void setTimeout(() => response.end('an answer'), ANSWER_MS);
  response.setHeader('content-type', 'text/html');
  if (url === '/load') response.end(`<title>Load</title>${LOAD}`);
  else if (url === '/same') response.end('<title>Same</title><iframe src=/load></iframe>');
  else if (url === '/cross')
    response.end(`<title>Cross</title><iframe src="http://localhost:${port}/load"></iframe>`);
  else if (url === '/worker')
    response.end(
      `<title>Worker</title><script>new Worker(URL.createObjectURL(new Blob(["fetch('http://127.0.0.1:${port}/slow')"])))</script>`,
    );
  else response.end('<title>Plain</title><p>Plain</p>');
});
const { driver } = useDriver();

/** As when its events come after the document was found quiet. */
function withoutWordOfPlaywright(): void {
  const page = (driver.session as ContextSession).currentPage as unknown as EventEmitter;
  const emit = page.emit.bind(page);
  const without = (event: string, ...rest: unknown[]): boolean =>
    event.startsWith('request') ? false : emit(event, ...rest);
  Object.assign(page, { emit: without });
}

it('waits for the request of a click that Playwright has not told of yet', async () => {
  await driver.go(`${at.base}/load`);
  withoutWordOfPlaywright();
  await driver.act({ action: 'click', target: driver.ref('button Load') });
  expect(await driver.look()).toContain('got an answer');
});

it.each(['/same', '/cross'])('waits for the request of a click in a frame: %s', async (path) => {
  await driver.go(`${at.base}${path}`);
  withoutWordOfPlaywright();
  await driver.act({ action: 'click', target: driver.ref('button Load') });
  expect(await driver.look()).toContain('got an answer');
});

it.each([
  ['a page with a frame in another process', '/cross', ''],
  ['a page whose worker fetches', '/worker', ''],
  [
    'workers that cannot be loaded',
    '/plain',
    `new Worker('/missing');new Worker('/refused');new Worker('blob:'+location.origin+'/none')`,
  ],
  [
    'a frame that was removed while it waited',
    '/plain',
    `const f=document.body.appendChild(document.createElement('iframe'));f.contentWindow.fetch('/never');f.remove()`,
  ],
  [
    'a frame in another process that was removed while it waited',
    '/cross',
    `const f=document.querySelector('iframe');f.src=f.src.replace('/load','/never');setTimeout(()=>f.remove(),50)`,
  ],
  [
    'a document that was left while it waited',
    '/plain',
    `fetch('/never');location.assign('/next')`,
  ],
  [
    'a document that was left for another site',
    '/plain',
    `fetch('/never');location.assign(location.origin.replace('127.0.0.1','localhost')+'/next')`,
  ],
  [
    'a navigation that another one took the place of',
    '/plain',
    `location.assign('/never');setTimeout(()=>location.assign('/next'),50)`,
  ],
  [
    'what a script gave up',
    '/plain',
    `const c=new AbortController();fetch('/never',c);setTimeout(()=>c.abort(),50)`,
  ],
])('comes to rest after %s', { timeout: 20_000 }, async (_what, path, script) => {
  await driver.go(`${at.base}${path}`);
  if (script !== '') await driver.peek(`{${script}}`).catch(() => undefined);
  expect(await driver.act({ action: 'wait', idle: true, ms: 8_000 })).toMatchObject({
    status: 'done',
  });
});
