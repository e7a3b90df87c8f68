import { EventEmitter } from 'node:events';

import type { Page } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';

import type { CdpChannel } from './cdp-channel.ts';
import { Traffic } from './traffic.ts';

/** A session that tells what a test has it tell. */
const channelOf = (events: EventEmitter): CdpChannel => ({
  id: 'x',
  send: () => Promise.resolve({} as never),
  on: (event, handler) => void events.on(event, handler),
  closed: false,
});

const playwright = (url: string, type = 'fetch'): object => ({
  url: () => url,
  resourceType: () => type,
});

const pageWith = (workers: readonly object[] = []): EventEmitter & { workers(): unknown } =>
  Object.assign(new EventEmitter(), { workers: () => workers });

let page: EventEmitter;
let root: EventEmitter;
let frame: EventEmitter;
let traffic: Traffic;
let changes = 0;
beforeEach(async () => {
  [page, root, frame] = [pageWith(), new EventEmitter(), new EventEmitter()];
  changes = 0;
  traffic = new Traffic(page as unknown as Page, () => {
    changes += 1;
  });
  await traffic.watch(channelOf(root), () => 'main');
  await traffic.watch(channelOf(frame), () => 'main');
});

const begins = (
  on: EventEmitter,
  requestId: string,
  {
    url = 'http://a/x',
    type = 'Fetch',
    frameId = 'main',
    loaderId = 'doc',
    documentURL = 'http://a/',
  } = {},
): unknown =>
  on.emit('Network.requestWillBeSent', {
    requestId,
    loaderId,
    frameId,
    type,
    documentURL,
    request: { url },
  });

it('knows of a request as soon as the session tells, before Playwright does', () => {
  const { mark } = traffic;
  begins(root, '1');
  expect(traffic.isQuiet(mark)).toBe(false);
  expect(changes).toBe(1);
  root.emit('Network.loadingFinished', { requestId: '1' });
  expect(traffic.isQuiet(mark)).toBe(true);
  expect(changes).toBe(2);
});

it('takes a request for ended when neither says that it is in flight', () => {
  page.emit('worker');
  const request = playwright('http://a/x');
  begins(root, '1');
  page.emit('request', request);
  root.emit('Network.loadingFailed', { requestId: '1' });
  expect(traffic.isIdle).toBe(false);
  page.emit('requestfinished', request);
  expect(traffic.isIdle).toBe(true);
});

it('hears of what workers send from Playwright, and of their scripts until they run', () => {
  begins(root, '1', { type: 'Script', loaderId: '' });
  expect(traffic.isIdle).toBe(false);
  page.emit('worker');
  expect(traffic.isIdle).toBe(true);
  page.emit('worker');
  const request = playwright('http://a/by-worker');
  page.emit('request', request);
  expect(traffic.isIdle).toBe(false);
  page.emit('requestfailed', request);
  expect(traffic.isIdle).toBe(true);
  expect(page.listenerCount('request')).toBe(1);
});

it('hears of what the workers of a window send that were there before it was a tab', () => {
  const window = pageWith([{}]);
  const other = new Traffic(window as unknown as Page, () => undefined);
  window.emit('request', playwright('http://a/by-worker'));
  expect(other.isIdle).toBe(false);
});

it('does not wait for pictures, sockets and what is in the address itself', () => {
  begins(root, '1', { type: 'Image' });
  begins(root, '2', { type: 'EventSource' });
  begins(root, '3', { url: 'data:text/plain,x' });
  page.emit('worker');
  page.emit('request', playwright('http://a/x', 'image'));
  expect(traffic.isIdle).toBe(true);
});

it('takes the hops of a redirect for the request that began it', () => {
  begins(root, '1');
  const { mark } = traffic;
  begins(root, '1', { url: 'http://a/elsewhere' });
  expect(traffic.isQuiet(mark)).toBe(true);
  expect(traffic.isIdle).toBe(false);
});

it('ends in the session of a frame what began in that of the page', () => {
  begins(root, 'doc2', { type: 'Document', frameId: 'f', loaderId: 'doc2' });
  root.emit('Page.frameDetached', { frameId: 'f', reason: 'swap' });
  expect(traffic.isIdle).toBe(false);
  frame.emit('Network.loadingFinished', { requestId: 'doc2' });
  expect(traffic.isIdle).toBe(true);
});

it('forgets what a document, a frame or its process left unfinished', () => {
  begins(root, '1');
  begins(root, '2', { frameId: 'f', loaderId: 'inner' });
  begins(root, 'doc2', { type: 'Document', loaderId: 'doc2' });
  root.emit('Page.frameNavigated', { frame: { id: 'main', loaderId: 'doc2' } });
  expect(traffic.isIdle).toBe(false);
  root.emit('Network.loadingFinished', { requestId: 'doc2' });
  expect(traffic.isIdle).toBe(true);
  begins(root, '3', { frameId: 'f', loaderId: 'inner' });
  root.emit('Page.frameDetached', { frameId: 'other', reason: 'remove' });
  root.emit('Page.frameNavigated', {
    frame: { id: 'other', loaderId: 'inner2', parentId: 'main' },
  });
  expect(traffic.isIdle).toBe(false);
  root.emit('Page.frameDetached', { frameId: 'f', reason: 'remove' });
  expect(traffic.isIdle).toBe(true);
  begins(frame, '4', { frameId: 'f', loaderId: 'inner' });
  begins(root, '5');
  frame.emit('Inspector.detached', {});
  root.emit('Network.loadingFinished', { requestId: '5' });
  expect(traffic.isIdle).toBe(true);
});

it('does not wait again for a place that outlived a wait', () => {
  begins(root, '1', { url: 'http://a/poll?1' });
  page.emit('worker');
  traffic.giveUp(0);
  expect(traffic.isIdle).toBe(true);
  begins(root, '2', { url: 'http://a/poll?2' });
  page.emit('request', playwright('http://a/poll?2'));
  expect(traffic.isIdle).toBe(true);
});

it.each<[string, () => void]>([
  ['ended', () => root.emit('Network.loadingFinished', { requestId: '1' })],
  [
    'was left behind by its document',
    () => root.emit('Page.frameNavigated', { frame: { id: 'main', loaderId: 'next' } }),
  ],
  ['was waited for in vain', () => traffic.giveUp(0)],
])('awaits a request to its own site until it %s', (_, happens) => {
  begins(root, '1');
  expect(traffic.awaits(['0', '1'])).toBe(true);
  expect(traffic.awaits(['0'])).toBe(false);
  happens();
  expect(traffic.awaits(['0', '1'])).toBe(false);
});

it('awaits no request to another site, nor one that was waited for in vain before', () => {
  begins(root, '1', { url: 'http://b/x' });
  expect(traffic.awaits(['1'])).toBe(false);
  begins(root, '2');
  traffic.giveUp(0);
  begins(root, '3');
  expect(traffic.awaits(['3'])).toBe(false);
});
