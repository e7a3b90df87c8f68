import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findChromium } from '../browser/chromium-binary.ts';
import { ask, proxyWith, rulesOf, serve } from './__fixtures__/proxy-test.ts';
import { CERTIFICATE, KEY } from './__fixtures__/self-signed.ts';

describe('a server that drops a kept-alive connection', () => {
  let browser: Browser;
  beforeAll(async () => {
    const binary = await findChromium({ cacheDir: join(homedir(), '.cache', 'rodex') });
    browser = await chromium.launch({
      executablePath: binary.path,
      env: { ...binary.env },
      chromiumSandbox: process.getuid?.() !== 0,
    });
  });
  afterAll(async () => browser.close());

  /** Answers the page and a first POST, and drops the connection when the second comes. */
  async function dropping(secure: boolean): Promise<{ origin: string; posts: string[] }> {
    const posts: string[] = [];
    const listener: http.RequestListener = (request, response) => {
      if (request.method !== 'POST') {
        response.setHeader('content-type', 'text/html').end('<title>x</title>');
        return;
      }
      posts.push(request.url ?? '');
      request.resume();
      request.on('end', () => {
        if (request.url === '/warm') response.end('ok');
        else request.socket.destroy();
      });
    };
    const port = await serve(
      secure
        ? https.createServer({ key: KEY, cert: CERTIFICATE }, listener)
        : http.createServer(listener),
    );
    return { origin: `${secure ? 'https' : 'http'}://127.0.0.1:${port}`, posts };
  }

  async function post(page: Page, origin: string): Promise<string> {
    await page.goto(origin);
    const send = async (path: string): Promise<string> =>
      page.evaluate(
        `fetch('${path}', { method: 'POST', body: 'x'.repeat(200) }).then((r) => String(r.status), () => 'failed')`,
      );
    expect(await send('/warm')).toBe('200');
    return send('/order');
  }

  it.each([false, true])(
    'gets each POST once (https: %s), where a browser alone sends it twice',
    async (secure) => {
      const alone = await dropping(secure);
      const plain = await browser.newContext({ ignoreHTTPSErrors: true });
      expect(await post(await plain.newPage(), alone.origin)).toBe('failed');
      await plain.close();
      expect(alone.posts).toEqual(['/warm', '/order', '/order']);

      const { origin, posts } = await dropping(secure);
      const rules = rulesOf();
      const { pass } = await proxyWith(rules);
      const { server, username, password } = pass;
      const context = await browser.newContext({
        ignoreHTTPSErrors: true,
        proxy: { server, username, password },
      });
      const page = await context.newPage();
      expect(await post(page, origin)).toBe(secure ? 'failed' : '502');
      expect(posts).toEqual(['/warm', '/order']);
      if (secure) expect(rules.refusals).toMatchObject([{ reason: 'repetition' }]);
      await context.close();
    },
  );

  it('is asked anew for what may be asked twice', async () => {
    let requests = 0;
    const port = await serve(
      net.createServer((socket) => {
        let here = 0;
        socket.on('data', () => {
          requests += 1;
          here += 1;
          if (here === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
          else socket.destroy();
        });
      }),
    );
    const { pass } = await proxyWith(rulesOf());
    const url = `http://127.0.0.1:${port}/`;
    expect(await ask(pass, url)).toMatchObject({ status: 200 });
    expect(await ask(pass, url)).toMatchObject({ status: 200, body: 'ok' });
    expect(requests).toBe(3);
  });
});
