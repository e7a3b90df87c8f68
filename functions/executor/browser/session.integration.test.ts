import { describe, expect, it } from 'vitest';

import { useDriver, useSite } from './__fixtures__/driven.ts';
import { openDriver, type Driver } from './__fixtures__/site.ts';

const site = useSite();
const { driver, pool } = useDriver();

describe('dialogs', () => {
  it('accepts an alert at once and says so', async () => {
    await driver.go(`${site.base}/dialogs`);
    expect(await driver.act({ action: 'click', target: driver.ref('button Alert') })).toMatchObject(
      { status: 'done', changed: { dialog: 'alert Careful' } },
    );
    expect(await driver.log()).toEqual(['alerted']);
  });

  it('holds a confirm and a prompt until they are answered', async () => {
    await driver.go(`${site.base}/dialogs`);
    const confirm = driver.ref('button Confirm');
    const prompt = driver.ref('button Prompt');
    expect(await driver.act({ action: 'click', target: confirm })).toMatchObject({
      status: 'done',
      changed: { dialog: 'confirm Really?' },
    });
    expect(driver.session.page().dialog).toBe('confirm Really?');
    const text = await driver.look();
    expect(text).toContain('\ndialog: confirm Really?\n');
    expect(text).toContain('button Prompt]');
    expect(await driver.act({ action: 'click', target: prompt })).toMatchObject({
      status: 'refused',
      code: 'dialog_open',
    });
    expect(await driver.inspect({ action: 'dialog', accept: true })).toMatchObject({
      role: 'dialog',
      name: 'Really?',
    });
    expect(await driver.act({ action: 'dialog', accept: true })).toMatchObject({ status: 'done' });
    await driver.act({ action: 'click', target: confirm });
    await driver.act({ action: 'dialog', accept: false });
    await driver.act({ action: 'click', target: prompt });
    await driver.act({ action: 'dialog', accept: true, text: 'Ada' });
    expect(await driver.log()).toEqual(['confirm true', 'confirm false', 'prompt Ada']);
    expect(await driver.act({ action: 'dialog', accept: true })).toMatchObject({ status: 'stale' });
  });

  it('leaves a guarded page by its own navigation', async () => {
    await driver.go(`${site.base}/dialogs`);
    await driver.act({ action: 'click', target: driver.ref('button Guard') });
    expect(await driver.act({ action: 'navigate', url: `${site.base}/two` })).toMatchObject({
      status: 'done',
      changed: { url: `${site.base}/two` },
    });
  });
});

describe('files', () => {
  it('takes pictures of the view, the page and an element', async () => {
    await driver.go(`${site.base}/pointer`);
    for (const action of [
      { full: false },
      { full: true },
      { target: driver.ref('button Far away') },
    ])
      expect(await driver.act({ action: 'screenshot', ...action })).toMatchObject({
        status: 'done',
        artifacts: [{ mediaType: 'image/png', source: 'screenshot' }],
      });
    expect(driver.host.files.get('screenshot.png')?.subarray(1, 4).toString()).toBe('PNG');
  });
});

describe('tabs', () => {
  it('adopts windows as tabs, switches and closes', async () => {
    await driver.go(`${site.base}/popups`);
    expect(
      await driver.act({ action: 'click', target: driver.ref('link New window') }),
    ).toMatchObject({ status: 'done', changed: { tab: 't2', url: `${site.base}/two` } });
    const text = await driver.look();
    expect(text).toMatch(/\ntab: t1 Popups http\S+\ntab: \*t2 Two http\S+\/two\n/);
    expect(text).toContain('# Second page');
    await driver.act({ action: 'tab', op: 'switch', id: 't1' });
    await driver.look();
    expect(
      await driver.act({ action: 'click', target: driver.ref('button Script window') }),
    ).toMatchObject({ changed: { tab: 't3', url: `${site.base}/form` } });
    await driver.look();
    await driver.act({
      action: 'type',
      target: driver.ref('textbox User name'),
      text: 'in the window',
    });
    expect(await driver.peek('document.forms[0].user.value')).toBe('in the window');
    await driver.act({ action: 'tab', op: 'close', id: 't3' });
    // Back to the page that opened it, which is not the newest.
    expect(driver.session.page()).toMatchObject({ tabId: 't1' });
    await driver.act({ action: 'tab', op: 'open', url: `${site.base}/two` });
    expect(driver.session.page()).toMatchObject({ tabId: 't4', url: `${site.base}/two` });
    expect(await driver.act({ action: 'tab', op: 'switch', id: 't9' })).toMatchObject({
      status: 'refused',
      code: 'invalid_request',
    });
  });

  it.each<[string, string, (target: string) => Parameters<Driver['act']>[0]]>([
    ['mousedown', 'a click', (target) => ({ action: 'click', target })],
    ['mouseup', 'a click', (target) => ({ action: 'click', target })],
    ['click', 'three clicks', (target) => ({ action: 'click', target, count: 3 })],
    ['mousedown', 'a long press', (target) => ({ action: 'click', target, holdMs: 20 })],
    ['mousemove', 'a hover', (target) => ({ action: 'hover', target })],
    ['mousedown', 'a drag', (target) => ({ action: 'drag', from: target, to: target })],
    ['keydown', 'keys', (target) => ({ action: 'press', target, keys: 'Enter', count: 3 })],
    ['input', 'a text', (target) => ({ action: 'type', target, text: 'abc' })],
    ['input', 'a slow text', (target) => ({ action: 'type', target, text: 'abc', delayMs: 1 })],
    ['keydown', 'Enter', (target) => ({ action: 'type', target, text: 'a', submit: true })],
  ])('takes it that a window closes at the %s of %s', async (event, _how, act) => {
    await driver.go(`${site.base}/popups`);
    await driver.act({ action: 'click', target: driver.ref('button Script window') });
    await driver.look();
    await driver.peek(`addEventListener('${event}', () => window.close(), true)`);
    const outcome = await driver.act(act(driver.ref('textbox User name')));
    expect(outcome).toMatchObject({ status: 'done', acted: true, changed: { tab: 't1' } });
    expect(await driver.look()).toContain('title: Popups');
  });

  it('does not let a page open windows without end', async () => {
    await driver.go(`${site.base}/popups`);
    await driver.act({ action: 'click', target: driver.ref('button Flood') });
    const text = await driver.look();
    expect([...text.matchAll(/^tab: /gm)].length).toBeLessThanOrEqual(21);
  });
});

describe('origins', () => {
  const only = (base: string) => (url: string) => new URL(url).origin === base;

  it('refuses documents by address, link, redirect, window, frame and image before anything is sent', async () => {
    driver.host.allowed = only(site.base);
    expect(await driver.act({ action: 'navigate', url: `${site.other}/two` })).toMatchObject({
      status: 'refused',
      code: 'origin_refused',
      acted: false,
    });
    expect(
      await driver.act({
        action: 'navigate',
        url: `${site.base}/redirect?${encodeURIComponent(`${site.other}/two`)}`,
      }),
    ).toMatchObject({ status: 'failed', code: 'origin_refused', acted: true });
    await driver.go(`${site.base}/evil`);
    expect(await driver.act({ action: 'click', target: driver.ref('link Leave') })).toMatchObject({
      status: 'failed',
      code: 'origin_refused',
    });
    expect(driver.session.page().url).toBe(`${site.base}/evil`);
    const popup = await driver.act({
      action: 'click',
      target: driver.ref('link Leave in a window'),
    });
    expect(popup).toMatchObject({ status: 'refused', code: 'origin_refused', acted: false });
    expect(driver.session.page().tabId).toBe('t1');
    await driver.go(`${site.base}/frames`);
    expect(
      site.seen.filter((line) => line.includes(' localhost/') && !line.includes('/two')),
    ).toEqual([]);
    expect(site.seen.filter((line) => line.includes(' localhost/two')).length).toBeLessThanOrEqual(
      1,
    );
  });

  it('closes a window that a script opens on a refused origin, and shows nothing of it', async () => {
    driver.host.allowed = only(site.base);
    await driver.go(`${site.base}/evil`);
    expect(
      await driver.act({ action: 'click', target: driver.ref('button Script leaves') }),
    ).toMatchObject({ status: 'failed', code: 'origin_refused', acted: true });
    expect(driver.session.page()).toMatchObject({ tabId: 't1', url: `${site.base}/evil` });
    expect(await driver.look()).not.toContain('Second page');
  });

  it('says that a site is down', async () => {
    expect(await driver.act({ action: 'navigate', url: 'http://127.0.0.1:9/' })).toMatchObject({
      status: 'failed',
      code: 'site_unreachable',
      message: expect.stringContaining('http://127.0.0.1:9/'),
    });
  });
});

describe('state and loss', () => {
  it('restores cookies, storage and the address in a new context', async () => {
    await driver.go(`${site.base}/form`);
    await driver.peek("(document.cookie='a=1',localStorage.setItem('k','v'),0)");
    const state = JSON.parse(JSON.stringify(await driver.session.saveState()));
    const again = await openDriver(pool, state);
    try {
      expect(again.session.page().url).toBe(`${site.base}/form`);
      expect(await again.peek("document.cookie+localStorage.getItem('k')")).toBe('a=1v');
    } finally {
      await again.session.close();
    }
  });

  it('keeps contexts apart', async () => {
    await driver.go(`${site.base}/form`);
    await driver.peek("(document.cookie='mine=1',0)");
    const other = await openDriver(pool);
    await other.go(`${site.base}/form`);
    expect(await other.peek('document.cookie')).toBe('');
    await other.session.close();
  });

  it('looks something up beside the page', async () => {
    await driver.go(`${site.base}/form`);
    expect(await driver.session.lookUp(`${site.base}/two`)).toEqual({
      text: 'Second page',
      signIn: false,
    });
    expect(driver.session.page()).toMatchObject({ url: `${site.base}/form`, tabId: 't1' });
    await expect(driver.session.lookUp('http://127.0.0.1:9/')).rejects.toMatchObject({
      code: 'site_unreachable',
    });
  });

  it('stops at an abort without touching the page', async () => {
    await driver.go(`${site.base}/form`);
    const stop = AbortSignal.abort();
    expect(
      await driver.act({ action: 'click', target: driver.ref('button Plain') }, { signal: stop }),
    ).toMatchObject({ acted: false, code: 'run_cancelled' });
    expect(await driver.log()).toEqual([]);
  });

  it('still answers when the page hangs', async () => {
    await driver.go(`${site.base}/hang`);
    const hung = await driver.act(
      { action: 'click', target: driver.ref('button Hang') },
      { timeoutMs: 1_000 },
    );
    expect(hung).toMatchObject({ status: 'timeout', acted: true });
    expect(await driver.look()).toContain('note: page not responding');
  }, 60_000);

  it('tells a crashed page and a lost browser, and launches anew', async () => {
    await driver.go(`${site.base}/form`);
    const target = driver.ref('button Plain');
    void driver.act({ action: 'navigate', url: 'chrome://crash' }).catch(() => undefined);
    await new Promise<void>((resolve) =>
      driver.session.lost.addEventListener('abort', () => resolve(), { once: true }),
    );
    await expect(driver.act({ action: 'click', target })).rejects.toMatchObject({
      code: 'page_crashed',
    });
    expect(() => driver.session.page()).toThrow(expect.objectContaining({ code: 'page_crashed' }));
    const second = await openDriver(pool);
    await second.go(`${site.base}/two`);
    const browser = (
      second.session as never as {
        currentPage: { context(): { browser(): { close(): Promise<void> } } };
      }
    ).currentPage
      .context()
      .browser();
    await browser.close();
    await expect(second.session.observe()).rejects.toMatchObject({ code: 'browser_lost' });
    const third = await openDriver(pool);
    expect(await third.go(`${site.base}/two`)).toContain('Second page');
    await third.session.close();
  });
});
