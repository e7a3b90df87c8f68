import type { CDPSession, Page } from 'playwright-core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { useDriver, useServer } from '../browser/__fixtures__/driven.ts';
import type { ContextSession } from '../browser/session.ts';

const INNER = `<!doctype html><button onclick="log('clicked')" onmouseover="log('hovered')">Load</button>
<label><input type=checkbox onchange="log('checked')">Agree</label>
<input aria-label=Name oninput="log('typed')">
<div role=slider aria-label=Rate tabindex=0 style="width:30px;height:30px;background:red" onmousedown="window.onmouseup=()=>log('dragged')"></div>
<div role=region aria-label=Map tabindex=0 style="width:200px;height:40px"></div>
<button onclick="open('/sign-in', '', 'width=300,height=200')">Sign in</button>
<p id=out></p><script>
onmessage = ({ data }) => log(data);
const seen = new Set();
function log(what) { seen.add(what); out.textContent = [...seen].join(', '); }
document.querySelector('[role=region]').addEventListener('wheel', (event) => { event.preventDefault(); log('turned'); }, { passive: false });
</script>`;

const SIGN_IN = `<title>Sign in</title><button onclick="opener.postMessage('signed in', '*'); window.close()">Allow</button>`;
const OUTER = `<title>Outer</title><script>window.log = []; for (const type of ['mousedown', 'click']) addEventListener(type, () => log.push(type), true)</script>`;

const at = useServer((request, response, port) => {
  response.setHeader('content-type', 'text/html');
  if (request.url === '/inner') response.end(INNER);
  else if (request.url === '/sign-in') setTimeout(() => response.end(SIGN_IN), 300);
  else response.end(`${OUTER}<iframe width=600 height=400 src="http://localhost:${port}/inner">`);
});
const { driver } = useDriver();
beforeEach(async () => {
  await driver.go(`${at.base}/`);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const page = (): Page => (driver.session as ContextSession).currentPage;

/** As while the browser has no picture of a frame in another process: mouse input goes to the page around it. */
async function astray(moves: number): Promise<{ sent: string[] }> {
  const session = await page().context().newCDPSession(page());
  const prototype = Object.getPrototypeOf(session) as CDPSession;
  const { send } = prototype;
  const sent: string[] = [];
  vi.spyOn(prototype, 'send').mockImplementation(function (this: CDPSession, method, params) {
    if (method !== 'Input.dispatchMouseEvent') return Reflect.apply(send, this, [method, params]);
    const isAstray = sent.filter((type) => type === 'mouseMoved').length < moves;
    sent.push((params as { type: string }).type);
    return Reflect.apply(send, this, [method, isAstray ? { ...params, x: 1, y: 1 } : params]);
  });
  return { sent };
}

it.each([
  ['click', 'clicked', () => ({ action: 'click' as const, target: driver.ref('button Load') })],
  [
    'click at a point',
    'clicked',
    async () => ({
      action: 'click' as const,
      target: await pointOf('button >> nth=0'),
    }),
  ],
  ['hover', 'hovered', () => ({ action: 'hover' as const, target: driver.ref('button Load') })],
  [
    'check',
    'checked',
    () => ({ action: 'check' as const, target: driver.ref('checkbox Agree'), checked: true }),
  ],
  [
    'drag',
    'dragged',
    () => ({
      action: 'drag' as const,
      from: driver.ref('slider Rate'),
      to: driver.ref('button Load'),
    }),
  ],
  [
    'wheel',
    'turned',
    () => ({ action: 'scroll' as const, target: driver.ref('focusable Map'), dy: 100 }),
  ],
])(
  'gets to a frame in another process that does not take the pointer at once: %s',
  async (_name, word, action) => {
    const wanted = await action();
    const { sent } = await astray(2);
    expect(await driver.act(wanted)).toMatchObject({ status: 'done' });
    expect(await driver.look()).toContain(word);
    expect(sent.filter((type) => type === 'mouseMoved').length).toBeGreaterThan(2);
    expect(await driver.log()).toEqual([]);
  },
);

it('presses nothing where the pointer never comes, and says so', async () => {
  const { sent } = await astray(Infinity);
  expect(
    await driver.act({ action: 'click', target: driver.ref('button Load') }, { timeoutMs: 1_000 }),
  ).toMatchObject({
    status: 'blocked',
    code: 'target_blocked',
    acted: false,
    message: 'the pointer does not get to the frame of the target: something else takes it there',
  });
  expect(new Set(sent)).toEqual(new Set(['mouseMoved']));
  expect(await driver.look()).not.toContain('clicked');
  expect(await driver.log()).toEqual([]);
});

it('follows a frame that moved while the pointer was on its way', async () => {
  const target = driver.ref('button Load');
  await astray(1);
  const acting = driver.act({ action: 'click', target });
  await driver.peek(`document.querySelector('iframe').style.marginTop = '150px'`);
  expect(await acting).toMatchObject({ status: 'done' });
  expect(await driver.look()).toContain('clicked');
});

it('goes to a window that a frame opens, and back to it', async () => {
  expect(await driver.act({ action: 'click', target: driver.ref('button Sign in') })).toMatchObject(
    { status: 'done', changed: { tab: 't2' } },
  );
  expect(await driver.look()).toContain('title: Sign in');
  expect(await driver.act({ action: 'click', target: driver.ref('button Allow') })).toMatchObject({
    status: 'done',
  });
  expect(await driver.look()).toContain('signed in');
});

async function pointOf(selector: string): Promise<string> {
  const box = await page().frames()[1]?.locator(selector).boundingBox();
  if (!box) throw new Error(`${selector} has no box`);
  return `@${Math.round(box.x + box.width / 2)},${Math.round(box.y + box.height / 2)}`;
}
