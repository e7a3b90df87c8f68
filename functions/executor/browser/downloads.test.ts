import { EventEmitter } from 'node:events';

import { expect, it } from 'vitest';

import type { SessionHost } from '../browser-session.ts';
import type { CdpChannel } from './cdp-channel.ts';
import { Downloads, MAX_DOWNLOADS } from './downloads.ts';

interface FakeDownload {
  cancelled: boolean;
}

function start(): { give: (name: string) => FakeDownload; downloads: Downloads; kept: string[] } {
  const page = new EventEmitter();
  const kept: string[] = [];
  const host = {
    saveArtifact: async (name: string, mediaType: string) => {
      kept.push(name);
      return { name, mediaType, bytes: 1, digest: '', source: 'download' as const };
    },
  } as unknown as SessionHost;
  const channel = new EventEmitter() as unknown as CdpChannel;
  const downloads = new Downloads(page as never, channel, host, () => undefined);
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
  return { give, downloads, kept };
}

it('keeps the first files of a tab, cancels the others and says so once', async () => {
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
