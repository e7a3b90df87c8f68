import { afterAll, beforeAll, expect, it } from 'vitest';

import type { BrowserPool } from '../browser-session.ts';
import { openDriver, startSite, testPool, type Site } from '../browser/__fixtures__/site.ts';

let site: Site;
let pool: BrowserPool;
beforeAll(async () => {
  site = await startSite();
  pool = testPool();
});
afterAll(async () => {
  await pool.close();
  await site.close();
});

const WATCH = `(() => { window.seen = 0; new MutationObserver((all) => { seen += all.length }).observe(document, { subtree: true, childList: true, attributes: true }); })()`;

it('draws the refs on the picture, through frames, and the page does not notice', async () => {
  const driver = await openDriver(pool);
  try {
    await driver.go(`${site.base}/frames`);
    await driver.peek(WATCH);
    const { files } = driver.host;
    expect(await driver.act({ action: 'screenshot' })).toMatchObject({ status: 'done' });
    const plain = files.get('screenshot.png');
    const marked = await driver.act({ action: 'screenshot', marks: true });
    expect(marked).toMatchObject({ status: 'done', artifacts: [{ mediaType: 'image/png' }] });
    const png = files.get('screenshot.png');
    expect(png?.subarray(1, 4).toString()).toBe('PNG');
    expect(png?.equals(plain ?? Buffer.alloc(0))).toBe(false);
    // Width and height of the view.
    expect([png?.readUInt32BE(16), png?.readUInt32BE(20)]).toEqual([1_280, 720]);
    expect(await driver.peek('seen')).toBe(0);
    expect(await driver.look()).toContain('iframe same');
    expect(await driver.act({ action: 'screenshot', marks: true, full: true })).toMatchObject({
      status: 'refused',
      code: 'invalid_request',
    });
  } finally {
    await driver.session.close();
  }
});
