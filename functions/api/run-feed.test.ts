import { afterEach, beforeEach, expect, it } from 'vitest';

import { createClient } from '../../shared/client/client.ts';
import { logPath } from '../../shared/contracts/paths.ts';
import { systemClock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { RunJournal } from '../../shared/journal/run-journal.ts';
import { ADMIN, startTestApi, type TestApi } from './__fixtures__/test-api.ts';
import { RunFeeds, type FedEntry, type Watching } from './run-feed.ts';

let api: TestApi;
let runId: string;
let append: (leaseEpoch: number) => Promise<unknown>;
let reads: number;
let away: boolean;
let feeds: RunFeeds;

beforeEach(async () => {
  api = await startTestApi();
  const { store } = api;
  ({ runId } = await createClient({ url: api.url, key: ADMIN }).createRun({
    goal: 'watch',
    url: 'https://portal.example/',
  }));
  const deps = { ...api.deps, clock: systemClock, log: silentLogger };
  const journal = await RunJournal.open({ ...deps, bus: api.bus }, 'test', 'local', runId);
  append = async (leaseEpoch) =>
    journal.append(() => [{ type: 'lease.taken', leaseEpoch, holder: 'h', takeover: false }]);
  reads = 0;
  away = false;
  feeds = new RunFeeds({
    vault: api.deps.vault,
    store: {
      get: store.get.bind(store),
      commit: store.commit.bind(store),
      watch: store.watch.bind(store),
      close: store.close.bind(store),
      query: async (query) => {
        if (query.collection === logPath('local', runId)) reads += 1;
        if (away) throw new AppError('store_unavailable', 'away', { retryable: true });
        return store.query(query);
      },
    },
  });
});
afterEach(async () => api.close());

const seqs = (entries: readonly FedEntry[]): number[] => entries.map(({ entry }) => entry.seq);

/** Reads as a stream does; takes `atOnce` pages, then lets go and comes again. */
async function read(watching: Watching, seen: number[], until: number, atOnce = Infinity) {
  const { signal } = new AbortController();
  let after = seen.at(-1) ?? -1;
  while (after < until) {
    const page = await watching.after(after);
    seen.push(...seqs(page));
    after = seen.at(-1) ?? after;
    if (page.length > 0 || after >= until) continue;
    let left = atOnce;
    const take = (entries: readonly FedEntry[]): boolean => {
      seen.push(...seqs(entries));
      left -= 1;
      return left > 0 && (seqs(entries).at(-1) ?? 0) < until;
    };
    after = await watching.follow(after, take, signal);
  }
}

it('is read once for all who have read everything', async () => {
  const readers = Array.from({ length: 50 }, () => ({
    watching: feeds.watch('local', runId),
    seen: [] as number[],
  }));
  const done = readers.map(async ({ watching, seen }) => read(watching, seen, 3));
  await expect.poll(() => readers.every(({ seen }) => seen.length === 1)).toBe(true);
  // The look of each that finds no more.
  await new Promise(setImmediate);
  const before = reads;
  for (const epoch of [1, 2, 3]) {
    await append(epoch);
    await expect.poll(() => readers.every(({ seen }) => seen.length === epoch + 1)).toBe(true);
  }
  await Promise.all(done);
  expect(reads - before).toBe(3);
  expect(readers.map(({ seen }) => seen)).toEqual(readers.map(() => [0, 1, 2, 3]));
});

it('gives each everything once and in order, wherever they come in, and however often they let go', async () => {
  const last = 40;
  const done: Promise<number[]>[] = [];
  for (let epoch = 1; epoch <= last; epoch += 1) {
    const from = epoch % 3 === 0 ? epoch - 1 : Math.floor(epoch / 2);
    const seen = [from];
    const watching = feeds.watch('local', runId);
    const reading = read(watching, seen, last, 1 + (epoch % 4)).finally(() => watching.close());
    done.push(reading.then(() => seen.slice(1)));
    await append(epoch);
    if (epoch % 5 === 0) await Promise.resolve();
  }
  for (const [index, seen] of (await Promise.all(done)).entries()) {
    const epoch = index + 1;
    const from = epoch % 3 === 0 ? epoch - 1 : Math.floor(epoch / 2);
    expect(seen).toEqual(Array.from({ length: last - from }, (_each, more) => from + 1 + more));
  }
});

it('goes on where nobody has read anything yet', async () => {
  await append(1);
  const seen = [1];
  const reading = read(feeds.watch('local', runId), seen, 2);
  await append(2);
  await reading;
  expect(seen).toEqual([1, 2]);
});

it('says a failed read to those who wait, and reads again for whoever asks next', async () => {
  const watching = feeds.watch('local', runId);
  expect(seqs(await watching.after(-1))).toEqual([0]);
  expect(await watching.after(0)).toEqual([]);
  const { signal } = new AbortController();
  const following = watching.follow(0, () => true, signal);
  away = true;
  await append(1);
  await expect(following).rejects.toMatchObject({ code: 'store_unavailable' });
  away = false;
  expect(seqs(await watching.after(0))).toEqual([1]);
});

it('lets go of who is told to stop', async () => {
  const watching = feeds.watch('local', runId);
  await watching.after(-1);
  await watching.after(0);
  const seen: number[] = [];
  const stop = new AbortController();
  const following = watching.follow(0, (entries) => seen.push(...seqs(entries)) > 0, stop.signal);
  await append(1);
  await expect.poll(() => seen).toEqual([1]);
  stop.abort();
  expect(await following).toBe(1);
  await append(2);
  expect(seqs(await watching.after(1))).toEqual([2]);
  expect(seen).toEqual([1]);
});

it('tells nobody again what they came with, though this process has not read it yet', async () => {
  const watching = feeds.watch('local', runId);
  expect(seqs(await watching.after(-1))).toEqual([0]);
  const seen: number[] = [];
  const { signal } = new AbortController();
  const following = watching.follow(1, (entries) => seen.push(...seqs(entries)) === 0, signal);
  await append(1);
  await append(2);
  expect(await following).toBe(2);
  expect(seen).toEqual([2]);
});
