import { afterAll, beforeAll, expect, it } from 'vitest';

import type { BrowserPool, TraceFile } from '../browser-session.ts';
import { Driver, SECRET, startSite, TestHost, testPool, type Site } from './__fixtures__/site.ts';

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

const textOf = (files: readonly TraceFile[], name: string): string =>
  Buffer.from(files.find((file) => file.name === name)?.content ?? []).toString('latin1');

async function recorded(
  trace: readonly ('playwright' | 'har' | 'screencast' | 'actions')[],
  work: (driver: Driver) => Promise<void> = async () => undefined,
): Promise<{ files: readonly TraceFile[]; lost: boolean }> {
  const host = new TestHost();
  const session = await pool.open(host, { trace });
  try {
    const driver = new Driver(session, host);
    await driver.go(`${site.base}/form`);
    await work(driver);
    const files = (await session.takeTrace?.()) ?? [];
    return { files, lost: session.lost.aborted };
  } finally {
    await session.close();
  }
}

it('gives a Playwright trace with our acts in it, a HAR and a page that plays the pictures', async () => {
  const { files, lost } = await recorded(['playwright', 'har', 'screencast'], async (driver) => {
    await driver.act({ action: 'navigate', url: `${site.base}/dialogs` });
    await driver.look();
    const target = driver.ref('button Confirm');
    await driver.act({ action: 'click', target, why: 'with </script> in it' });
    await driver.act({ action: 'dialog', accept: true });
  });
  expect(files.map(({ name }) => name)).toEqual(['trace.zip', 'trace.har', 'screencast.html']);
  expect(lost).toBe(false);
  expect(textOf(files, 'trace.zip').slice(0, 2)).toBe('PK');
  const har = JSON.parse(textOf(files, 'trace.har')) as {
    log: { version: string; entries: { request: { url: string }; response: { status: number } }[] };
  };
  expect(har.log.version).toBe('1.2');
  expect(har.log.entries.map(({ request, response }) => [request.url, response.status])).toEqual(
    expect.arrayContaining([
      [`${site.base}/form`, 200],
      [`${site.base}/dialogs`, 200],
    ]),
  );
  const page = textOf(files, 'screencast.html');
  expect(page.match(/<\/script>/g)).toHaveLength(1);
  expect(/"text":"(click e\d+ \(with \\u003c\/script> in it\))"/.exec(page)).not.toBeNull();
  expect(JSON.parse(/const frames=(.*);\n/.exec(page)?.[1] ?? '[]')).not.toHaveLength(0);
});

it('records what is asked for only', async () => {
  expect((await recorded(['har'])).files.map(({ name }) => name)).toEqual(['trace.har']);
  expect((await recorded(['actions'])).files).toEqual([]);
});

it('keeps nothing of a session that typed a secret', async () => {
  const { files } = await recorded(['playwright', 'har', 'screencast'], async (driver) => {
    await driver.go(`${site.base}/form`);
    const target = driver.ref('password Pass');
    await driver.act({ action: 'type', target, text: '{{secret.portal}}' });
    expect(driver.host.maskedValues.has(SECRET)).toBe(true);
  });
  expect(files).toEqual([]);
});
