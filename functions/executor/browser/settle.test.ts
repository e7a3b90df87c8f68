import { EventEmitter } from 'node:events';

import type { Page } from 'playwright-core';
import { afterEach, expect, it, vi } from 'vitest';

import type { CdpChannel } from './cdp-channel.ts';
import type { FrameRecord } from './frame-record.ts';
import { before, settle } from './settle.ts';
import type { Tab } from './tab.ts';
import { Traffic } from './traffic.ts';

const MAIN = { number: 0 } as FrameRecord;
const INNER = { number: 1 } as FrameRecord;

/** A tab whose documents come to rest when a test says so. */
async function stillTab(): Promise<{
  tab: Tab;
  session: EventEmitter;
  asked: FrameRecord[];
  answers: Map<FrameRecord, () => void>;
}> {
  const session = new EventEmitter();
  const asked: FrameRecord[] = [];
  const answers = new Map<FrameRecord, () => void>();
  let wake = (): void => undefined;
  const traffic = new Traffic(
    Object.assign(new EventEmitter(), { workers: () => [] }) as unknown as Page,
    () => wake(),
  );
  const channel = {
    send: () => Promise.resolve({}),
    on: (event: string, handler: () => void) => void session.on(event, handler),
  } as unknown as CdpChannel;
  await traffic.watch(channel, () => 'main');
  const tab = {
    traffic,
    changed: () => wake(),
    page: { url: () => 'http://a/' },
    documentId: 'doc',
    domReady: true,
    downloads: { begun: 0, coming: 0, isIdle: () => true },
    gate: { holding: false, heldMs: 0, sent: [] },
    opening: 0,
    frames: {
      main: MAIN,
      call: (frame: FrameRecord) => {
        asked.push(frame);
        return new Promise((resolve) => {
          answers.set(frame, () => resolve({ title: 'A', value: asked.length }));
        });
      },
    },
    orDialog: (work: Promise<unknown>) => work,
    until: (condition: () => boolean, ms: number, signal?: AbortSignal) =>
      new Promise((resolve) => {
        if (ms <= 0) return resolve(condition());
        const check = (): void => {
          if (condition()) resolve(true);
        };
        const others = wake;
        wake = () => {
          others();
          check();
        };
        signal?.addEventListener('abort', () => resolve(false));
        check();
      }),
  };
  return { tab: tab as unknown as Tab, session, asked, answers };
}

afterEach(() => vi.useRealTimers());

const turns = async (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const options = { untilMs: Number.POSITIVE_INFINITY, frames: 1 };
const fetches = {
  requestId: '1',
  loaderId: 'doc',
  frameId: 'main',
  type: 'Fetch',
  request: { url: 'http://a/x' },
};

it('waits for what the session told of before the document answered', async () => {
  const { tab, session, asked, answers } = await stillTab();
  const settled = settle(tab, before(tab), options);
  await turns();
  session.emit('Network.requestWillBeSent', fetches);
  answers.get(MAIN)?.();
  await turns();
  expect(asked).toEqual([MAIN]);
  session.emit('Network.loadingFinished', { requestId: '1' });
  await turns();
  // The answer may have changed the document: it is asked again.
  expect(asked).toEqual([MAIN, MAIN]);
  answers.get(MAIN)?.();
  await expect(settled).resolves.toBe(2);
});

it('waits for the document of the frame in which the act was, too', async () => {
  const { tab, session, asked, answers } = await stillTab();
  let over = false;
  const settled = settle(tab, before(tab), { ...options, places: [INNER] }).finally(() => {
    over = true;
  });
  await turns();
  expect(asked).toEqual([MAIN, INNER]);
  answers.get(MAIN)?.();
  await turns();
  expect(over).toBe(false);
  session.emit('Network.requestWillBeSent', fetches);
  answers.get(INNER)?.();
  await turns();
  expect(over).toBe(false);
  session.emit('Network.loadingFinished', { requestId: '1' });
  await turns();
  expect(asked).toEqual([MAIN, INNER, MAIN, INNER]);
  answers.get(MAIN)?.();
  answers.get(INNER)?.();
  await settled;
});

it('asks each document once, where a drag began and where it ended', async () => {
  const { tab, asked, answers } = await stillTab();
  const other = { number: 2 } as FrameRecord;
  const settled = settle(tab, before(tab), { ...options, places: [INNER, other, INNER, MAIN] });
  await turns();
  expect(asked).toEqual([MAIN, INNER, other]);
  for (const place of asked) answers.get(place)?.();
  await settled;
});

it.each([0, 20_000])(
  'waits for the file that a document turned out to be, after %i ms',
  async (ms) => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { tab, answers } = await stillTab();
    const { downloads } = tab as unknown as {
      downloads: { coming: number; isIdle: () => boolean };
    };
    let over = false;
    const settled = settle(tab, before(tab), options).finally(() => {
      over = true;
    });
    await turns();
    vi.advanceTimersByTime(ms);
    downloads.coming = 1;
    answers.get(MAIN)?.();
    await turns();
    expect(over).toBe(false);
    Object.assign(downloads, { coming: 0, isIdle: () => false });
    tab.changed();
    await turns();
    expect(over).toBe(false);
    downloads.isIdle = () => true;
    tab.changed();
    await settled;
  },
);
