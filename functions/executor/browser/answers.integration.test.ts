import { beforeEach, expect, it } from 'vitest';

import { useDriver, useServer } from './__fixtures__/driven.ts';

/** Longer than a page's own requests are waited for. */
const SLOW_MS = 4_000;

const BUTTONS: readonly [string, string][] = [
  ['Dropped', `post('/drops')`],
  ['No TLS', `post('https://127.0.0.1:'+location.port+'/order',{mode:'no-cors'})`],
  ['Answered', `post('/order')`],
  ['Refused by the site', `post('/refuses')`],
  ['Sent on', `post('/sends-on')`],
  ['Not for its eyes', `post('http://localhost:'+location.port+'/order')`],
  [
    'Given up',
    `const c=new AbortController();post('/never',{signal:c.signal});setTimeout(()=>c.abort(),50)`,
  ],
  ['Slow', `post('/slow')`],
];

const at = useServer((request, response) => {
  const { url = '/' } = request;
  request.resume();
  if (url === '/drops') request.on('end', () => request.socket.destroy());
  else if (url === '/refuses') response.writeHead(500).end();
  else if (url === '/sends-on') response.writeHead(303, { location: '/order' }).end();
  else if (url === '/slow') setTimeout(() => response.end('{}'), SLOW_MS);
  else if (url === '/order') response.end('{}');
  else if (url !== '/never')
    response
      .setHeader('content-type', 'text/html')
      .end(
        `<title>Order</title>${BUTTONS.map(([name, does]) => `<button onclick="${does}">${name}</button> `).join('')}<p id=out></p>` +
          `<script>const post=(to,more)=>fetch(to,{method:'POST',body:'a=1',...more}).catch(()=>undefined).then(()=>{out.textContent='over'})</script>`,
      );
});
const { driver } = useDriver();
beforeEach(async () => {
  await driver.go(`${at.base}/`);
});

/** `heard`: the page itself knows how it ended. */
async function click(name: string, heard = true): Promise<string[]> {
  const unanswered: string[] = [];
  const outcome = await driver.act(
    {
      action: 'click',
      target: driver.ref(`button ${name}`),
      ...(heard && { expect: { text: 'over' } }),
    },
    {
      gate: async () => true,
      ended: ({ method, url }, answered) => {
        if (!answered) unanswered.push(`${method} ${new URL(url).pathname}`);
      },
    },
  );
  expect(outcome).toMatchObject({ status: 'done', acted: true });
  return unanswered;
}

it.each([
  ['Dropped', 'POST /drops'],
  ['No TLS', 'POST /order'],
])('tells of a request that left and got no answer: %s', async (name, told) => {
  expect(await click(name)).toEqual([told]);
});

it.each(['Answered', 'Refused by the site', 'Sent on', 'Not for its eyes', 'Given up'])(
  'takes for answered: %s',
  async (name) => {
    expect(await click(name)).toEqual([]);
  },
);

it('waits for the answer to what an act sent longer than for what a page asks for by itself', async () => {
  expect(await click('Slow', false)).toEqual([]);
  expect(await driver.look()).toContain('over');
});
