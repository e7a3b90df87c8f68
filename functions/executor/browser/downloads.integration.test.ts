import { expect, it } from 'vitest';

import { useDriver, useSite } from './__fixtures__/driven.ts';

const site = useSite();
const { driver } = useDriver();

it('keeps downloads as artifacts of the click', async () => {
  await driver.go(`${site.base}/downloads`);
  const got = await driver.act({
    action: 'click',
    target: driver.ref('link Get file'),
    expect: { download: true },
  });
  expect(got).toMatchObject({
    status: 'done',
    artifacts: [{ name: 'file.csv', mediaType: 'text/csv', bytes: 8, source: 'download' }],
  });
  expect(driver.host.files.get('file.csv')?.toString()).toBe('a,b\n1,2\n');
  expect(await driver.look()).toContain('\ndownload: file.csv (text/csv, 8 bytes)\n');
  expect(await driver.act({ action: 'navigate', url: `${site.base}/file.csv` })).toMatchObject({
    status: 'done',
    artifacts: [{ name: 'file.csv' }],
  });
});

it('stops a download that is too large', async () => {
  await driver.go(`${site.base}/downloads`);
  expect(await driver.act({ action: 'click', target: driver.ref('link Get big') })).toMatchObject({
    status: 'failed',
    code: 'artifact_too_large',
    artifacts: [],
  });
  expect(driver.host.files.size).toBe(0);
});

it.each([
  'link In a window',
  'link Without opener',
  'button Window of a script',
  'button Form into a window',
  'button Location',
  'button Posted form',
  'button Frame',
  'button Frame of another site',
])('keeps the file that comes by "%s", and stays where it was', async (way) => {
  await driver.go(`${site.base}/gives-files`);
  const got = await driver.act({ action: 'click', target: driver.ref(way) });
  expect(got).toMatchObject({ status: 'done', artifacts: [{ name: 'file.csv', bytes: 8 }] });
  expect(got.changed).toEqual({});
  const after = await driver.look();
  expect(after).toContain('title: Files\n');
  expect(after).toContain('\ndownload: file.csv (text/csv, 8 bytes)\n');
});

it('waits for a file that a script builds, where one is expected', async () => {
  await driver.go(`${site.base}/gives-files`);
  const target = driver.ref('button Built by a script');
  expect(await driver.act({ action: 'click', target, expect: { download: true } })).toMatchObject({
    status: 'done',
    artifacts: [{ name: 'built.csv', bytes: 8 }],
  });
});

it('shows the window that opens beside a file', async () => {
  await driver.go(`${site.base}/gives-files`);
  const target = driver.ref('button File and window');
  const got = await driver.act({ action: 'click', target, expect: { download: true } });
  expect(got).toMatchObject({ status: 'done', artifacts: [{ name: 'file.csv' }] });
  expect(got.changed?.tab).toBeDefined();
  expect(await driver.look()).toContain('title: Two\n');
});

it('tells of the file of a window that the page opened first and filled later', async () => {
  await driver.go(`${site.base}/gives-files`);
  const target = driver.ref('button Filled later');
  const got = await driver.act({ action: 'click', target, expect: { download: true } });
  expect(got).toMatchObject({ status: 'done', artifacts: [{ bytes: 8 }] });
});

it('goes on where it was after a window that prints and closes itself', async () => {
  await driver.go(`${site.base}/gives-files`);
  const got = await driver.act({ action: 'click', target: driver.ref('link Print') });
  expect(got).toMatchObject({ status: 'done', artifacts: [] });
  expect(await driver.look()).toContain('title: Files\n');
});

it.each([0, 5, 20, 60])('looks on when a window closes itself after %i ms', async (ms) => {
  await driver.go(`${site.base}/gives-files`);
  await driver.peek(`closes.href='/closes?${ms}'`);
  await driver.act({ action: 'click', target: driver.ref('link Closes') });
  for (let at = 0; at < 20; at += 1) expect(await driver.look()).toMatch(/title: (Files|Closes)\n/);
});

it.each(['link Endless', 'link Endless in a window', 'button Endless frame of another site'])(
  'stops the file that comes without end by "%s"',
  async (way) => {
    await driver.go(`${site.base}/gives-files`);
    expect(await driver.act({ action: 'click', target: driver.ref(way) })).toMatchObject({
      status: 'failed',
      code: 'artifact_too_large',
      message: expect.stringContaining('was stopped'),
      artifacts: [],
    });
    expect(driver.host.files.size).toBe(0);
  },
);

it('says that a file ended before it was whole, and keeps nothing of it', async () => {
  await driver.go(`${site.base}/gives-files`);
  expect(await driver.act({ action: 'click', target: driver.ref('link Cut short') })).toMatchObject(
    {
      status: 'failed',
      code: 'action_failed',
      message: expect.stringContaining('ended before it was whole'),
      artifacts: [],
    },
  );
  expect(driver.host.files.size).toBe(0);
});
