import { EventEmitter } from 'node:events';

import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';

import type { SessionHost } from '../browser-session.ts';
import type { CdpChannel } from './cdp-channel.ts';
import { Downloads, MAX_DOWNLOADS } from './downloads.ts';

interface FakeDownload {
  cancelled: boolean;
  end: (failure: string | null) => void;
}

type FakePage = Page & EventEmitter;
const newPage = (): FakePage => new EventEmitter() as FakePage;

function start(stopped: readonly string[] = []): {
  give: (name: string, page?: FakePage, open?: boolean) => FakeDownload;
  downloads: Downloads;
  kept: string[];
  channel: EventEmitter;
  page: FakePage;
} {
  const page = newPage();
  const kept: string[] = [];
  const host = {
    saveArtifact: async (name: string, mediaType: string) => {
      kept.push(name);
      return { name, mediaType, bytes: 1, digest: '', source: 'download' as const };
    },
  } as unknown as SessionHost;
  const channel = new EventEmitter();
  const downloads = new Downloads(
    host,
    { wasStopped: (url) => stopped.some((name) => url.endsWith(name)) },
    () => undefined,
  );
  downloads.hear(page);
  downloads.watch(channel as unknown as CdpChannel);
  const give = (name: string, from = page, open = false): FakeDownload => {
    if (from.listenerCount('download') === 0) downloads.hear(from);
    const over = Promise.withResolvers<string | null>();
    const fake: FakeDownload = { cancelled: false, end: over.resolve };
    if (!open) over.resolve(null);
    from.emit('download', {
      page: () => from,
      suggestedFilename: () => name,
      failure: async () => over.promise,
      createReadStream: async () => [],
      url: () => `https://portal.example/${name}`,
      cancel: async () => {
        fake.cancelled = true;
      },
      delete: async () => undefined,
    });
    return fake;
  };
  return { give, downloads, kept, channel, page };
}

it('keeps the first files of a session, cancels the others and says so once', async () => {
  const { give, downloads, kept, page } = start();
  const given = Array.from({ length: MAX_DOWNLOADS + 5 }, (_, at) => give(`${at}.txt`));
  await new Promise((resolve) => setImmediate(resolve));
  expect(kept).toHaveLength(MAX_DOWNLOADS);
  expect(given.filter(({ cancelled }) => cancelled)).toHaveLength(5);
  expect(downloads.takeFailure(page, 0)).toMatchObject({ code: 'artifact_too_large' });
  expect(downloads.takeFailure(page, 0)).toBeUndefined();
  expect(downloads.isIdle(page, 0)).toBe(true);
});

const turn = async (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

it('blames an act only for files that its page began since', async () => {
  const { give, downloads, page } = start();
  const other = newPage();
  give('early.csv', page, true).end('canceled');
  const since = downloads.begun;
  give('elsewhere.csv', other, true).end('canceled');
  give('mine.csv', page, true).end('canceled');
  await turn();
  expect(downloads.takeFailure(page, since)?.message).toContain('mine.csv');
  expect(downloads.takeFailure(page, since)).toBeUndefined();
  const older = downloads.takeOlderFailures().map(({ message }) => message);
  expect(older).toEqual([
    expect.stringContaining('early.csv'),
    expect.stringContaining('elsewhere.csv'),
  ]);
  expect(downloads.takeOlderFailures()).toEqual([]);
});

it('waits for the files of a page and of an act, and once only for one that does not end', async () => {
  const { give, downloads, page } = start();
  const other = newPage();
  const old = give('old.csv', other, true);
  const since = downloads.begun;
  expect(downloads.isIdle(page, since)).toBe(true);
  expect(downloads.isIdle(other, since)).toBe(false);
  give('dripping.csv', page, true);
  expect(downloads.isIdle(page, since)).toBe(false);
  downloads.giveUp(page, since);
  expect(downloads.isIdle(page, since)).toBe(true);
  old.end(null);
  await turn();
  expect(downloads.isIdle(other, since)).toBe(true);
  expect(downloads.takeFinished()).toMatchObject([{ name: 'old.csv' }]);
});

it.each([
  [['big.csv'], 'big.csv', 'artifact_too_large'],
  [[], 'cut.csv', 'action_failed'],
])(
  'tells a file that was stopped (%j) from one that ended early: %s',
  async (stopped, name, code) => {
    const { give, downloads, page } = start(stopped);
    give(name, page, true).end('canceled');
    await turn();
    expect(downloads.takeFailure(page, 0)).toMatchObject({ code });
  },
);

it('keeps a file that is whole, though one of its address was stopped before', async () => {
  const { give, downloads, kept, page } = start(['report.csv']);
  give('report.csv');
  await turn();
  expect(kept).toEqual(['report.csv']);
  expect(downloads.takeFailure(page, 0)).toBeUndefined();
});

it('tells of each file once', async () => {
  const { give, downloads } = start();
  give('a.csv');
  await new Promise((resolve) => setImmediate(resolve));
  expect(downloads.takeFinished()).toMatchObject([{ name: 'a.csv', mediaType: 'text/csv' }]);
  expect(downloads.takeFinished()).toEqual([]);
});

const answer = (status: number): object => ({
  requestId: 'doc',
  frameId: 'main',
  type: 'Document',
  response: { status },
});
const given = { requestId: 'doc', errorText: 'net::ERR_ABORTED' };

it('knows of a file that was answered and has not begun', () => {
  const { give, downloads, channel } = start();
  channel.emit('Network.responseReceived', answer(200));
  expect(downloads.coming).toBe(0);
  channel.emit('Network.loadingFailed', given);
  expect(downloads.coming).toBe(1);
  give('a.csv');
  expect(downloads).toMatchObject({ coming: 0, begun: 1 });
});

it.each<[string, number, readonly [string, object][]]>([
  ['was not answered', 0, []],
  ['has no content', 204, []],
  ['is shown', 200, [['Page.frameNavigated', { frame: { id: 'main', loaderId: 'doc' } }]]],
  ['went with its frame', 200, [['Page.frameDetached', { frameId: 'main', reason: 'remove' }]]],
  [
    'was blocked',
    200,
    [['Network.loadingFailed', { ...given, errorText: 'net::ERR_BLOCKED_BY_RESPONSE' }]],
  ],
])('expects no file of a document that %s', (_, status, events) => {
  const { downloads, channel } = start();
  if (status > 0) channel.emit('Network.responseReceived', answer(status));
  for (const [name, event] of events) channel.emit(name, event);
  channel.emit('Network.loadingFailed', given);
  expect(downloads.coming).toBe(0);
});
