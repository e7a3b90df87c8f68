import { EventEmitter } from 'node:events';

import { expect, it } from 'vitest';

import type { SessionHost } from '../browser-session.ts';
import type { CdpChannel } from './cdp-channel.ts';
import { Downloads, MAX_DOWNLOADS } from './downloads.ts';

interface FakeDownload {
  cancelled: boolean;
}

function start(): {
  give: (name: string) => FakeDownload;
  downloads: Downloads;
  kept: string[];
  channel: EventEmitter;
} {
  const page = new EventEmitter();
  const kept: string[] = [];
  const host = {
    saveArtifact: async (name: string, mediaType: string) => {
      kept.push(name);
      return { name, mediaType, bytes: 1, digest: '', source: 'download' as const };
    },
  } as unknown as SessionHost;
  const channel = new EventEmitter();
  const downloads = new Downloads(host, { wasStopped: () => false }, () => undefined);
  downloads.hear(page as never);
  downloads.watch(channel as unknown as CdpChannel);
  const give = (name: string): FakeDownload => {
    const fake = { cancelled: false };
    page.emit('download', {
      suggestedFilename: () => name,
      failure: async () => (fake.cancelled ? 'canceled' : null),
      createReadStream: async () => [],
      url: () => `https://portal.example/${name}`,
      cancel: async () => {
        fake.cancelled = true;
      },
      delete: async () => undefined,
    });
    return fake;
  };
  return { give, downloads, kept, channel };
}

it('keeps the first files of a session, cancels the others and says so once', async () => {
  const { give, downloads, kept } = start();
  const given = Array.from({ length: MAX_DOWNLOADS + 5 }, (_, at) => give(`${at}.txt`));
  await new Promise((resolve) => setImmediate(resolve));
  expect(kept).toHaveLength(MAX_DOWNLOADS);
  expect(given.filter(({ cancelled }) => cancelled)).toHaveLength(5);
  expect(downloads.takeFailure()).toMatchObject({ code: 'artifact_too_large' });
  expect(downloads.takeFailure()).toBeUndefined();
  expect(downloads.isIdle).toBe(true);
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
