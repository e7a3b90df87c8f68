import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { BrowserOptions } from '../../../shared/contracts/browser-options.ts';
import type { BrowserPool } from '../browser-session.ts';
import { Driver, startSite, TestHost, testPool, type Site } from './__fixtures__/site.ts';

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

async function withOptions<T>(
  options: object,
  work: (driver: Driver) => Promise<T>,
  extra: { proxyLogin?: { username: string; password: string } } = {},
): Promise<T> {
  const host = new TestHost();
  const session = await pool.open(host, { browser: BrowserOptions.parse(options), ...extra });
  try {
    const driver = new Driver(session, host);
    await driver.go(`${site.base}/form`);
    return await work(driver);
  } finally {
    await session.close();
  }
}

const SEEN = `(async () => ({
  size: [innerWidth, innerHeight], language: navigator.language, agent: navigator.userAgent,
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  place: await new Promise((done) => navigator.geolocation.getCurrentPosition((p) => done([p.coords.latitude, p.coords.longitude]), () => done('denied'))),
  clipboard: (await navigator.permissions.query({ name: 'clipboard-read' })).state,
}))()`;

it('is what the task contract says', async () => {
  const wanted = {
    viewport: { width: 900, height: 500 },
    locale: 'de-AT',
    timeZone: 'Pacific/Auckland',
    userAgent: 'Mozilla/5.0 Rodex test',
    geolocation: { latitude: 48.2, longitude: 16.4 },
    permissions: ['geolocation', 'clipboard-read'],
  };
  expect(await withOptions(wanted, (driver) => driver.peek(SEEN))).toEqual({
    size: [900, 500],
    language: 'de-AT',
    agent: 'Mozilla/5.0 Rodex test',
    zone: 'Pacific/Auckland',
    place: [48.2, 16.4],
    clipboard: 'granted',
  });
});

it('gives nothing away by default', async () => {
  expect(await withOptions({}, (driver) => driver.peek(SEEN))).toMatchObject({
    size: [1280, 720],
    place: 'denied',
    clipboard: expect.not.stringMatching('granted') as string,
  });
});

it('names what is wrong with an option', () => {
  const issue = (options: object): string =>
    BrowserOptions.safeParse(options).error?.issues[0]?.message ?? 'none';
  expect(issue({ timeZone: 'Mars/Base' })).toBe('a time zone such as Europe/Vienna');
  expect(issue({ locale: 'not a tag' })).toBe('a language tag such as de-AT');
  expect(issue({ userAgent: 'a\nb' })).toContain('printable ASCII');
  expect(issue({ proxy: { server: 'http://user:pass@proxy.example' } })).toContain('without user');
  expect(issue({ proxy: { server: 'socks5://p.example', credentials: 'x' } })).toContain('socks5');
  expect(issue({ viewport: { width: 1, height: 500 } })).toContain('320');
});

it('says that a window needs a full Chromium', async () => {
  await expect(pool.open(new TestHost(), { browser: { headed: true } })).rejects.toMatchObject({
    code: 'browser_missing',
    message: expect.stringContaining('RODEX_CHROMIUM_PATH') as string,
  });
});

it('goes out through the proxy of the run, with its log-in', async () => {
  const seen: (string | undefined)[] = [];
  const proxy: Server = createServer((request, response) => {
    const given = request.headers['proxy-authorization'];
    seen.push(given && `${request.url ?? ''} ${Buffer.from(given.slice(6), 'base64').toString()}`);
    if (given === undefined)
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="p"' }).end();
    else response.setHeader('content-type', 'text/html').end('<title>By proxy</title><p>By proxy');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const server = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const host = new TestHost();
  const session = await pool.open(host, {
    browser: { proxy: { server } },
    proxyLogin: { username: 'ada', password: 'pw' },
  });
  try {
    const driver = new Driver(session, host);
    expect(await driver.go('http://portal.example/')).toContain('By proxy');
    expect(seen).toContain('http://portal.example/ ada:pw');
  } finally {
    await session.close();
    proxy.closeAllConnections();
    proxy.close();
  }
});
