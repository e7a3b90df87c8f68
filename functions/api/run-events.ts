import { once } from 'node:events';

import type { Request, Response } from 'express';

import type { LiveEvent } from '../../shared/contracts/live-event.ts';
import { runPath } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import type { ApiContext } from './api-deps.ts';
import type { Take, Watching } from './run-feed.ts';

const KEEP_ALIVE_MS = 15_000;
const CLOSED = 'closed';
const END = 'event: end\ndata: {}\n\n';
/** Thoughts that a reader is behind by; older ones are dropped, entries never. */
const MAX_BUFFERED = 1024 * 1024;

type EventDeps = Pick<ApiContext, 'store' | 'clock' | 'feed' | 'runFeeds' | 'draining'>;

/** The sequence number that an id stands for; -1: from the beginning. Errors: `invalid_request` for what this stream never sent. */
export function resumeAfter(request: Request): number {
  const given =
    request.get('last-event-id') ??
    (typeof request.query['after'] === 'string' ? request.query['after'] : undefined);
  if (given === undefined || given === '') return -1;
  const match = /^(?:log-)?(\d{1,9})$/.exec(given);
  if (!match)
    throw new AppError(
      'invalid_request',
      'Last-Event-ID: an id that this stream sent, such as log-12',
    );
  return Number(match[1]);
}

async function assertThere({ store }: EventDeps, tenantId: string, runId: string): Promise<void> {
  if (!(await store.get(runPath(tenantId, runId))))
    throw new AppError('not_found', `there is no run ${runId}`);
}

interface Position {
  readonly tenantId: string;
  readonly runId: string;
  readonly after: number;
}

interface Told {
  readonly after: number;
  readonly ended: boolean;
}

/**
 * Gives `take` the entries after `after`, first what there is, then what comes, until the run has ended, `take` wants no more, or the
 * signal aborts. Says how far it came, and whether the run has ended.
 */
async function follow(
  { store }: EventDeps,
  watching: Watching,
  { tenantId, runId, after }: Position,
  take: Take,
  signal: AbortSignal,
): Promise<Told> {
  const state = { ended: false, enough: false };
  const told: Take = (entries) => {
    state.ended = entries.some(({ entry }) => entry.event.type === 'run.ended');
    state.enough = !take(entries);
    return !state.ended && !state.enough;
  };
  let lookedForEnd = false;
  while (!signal.aborted && !state.ended && !state.enough) {
    const entries = await watching.after(after);
    const last = entries.at(-1);
    if (last) {
      after = last.entry.seq;
      told(entries);
      continue;
    }
    // Whoever comes after the end is told once; everybody else sees the entry that ends it.
    if (!lookedForEnd) {
      const run = (await store.get<Run>(runPath(tenantId, runId)))?.data;
      // What was appended between the two reads is read first.
      if (run && run.seq > after) {
        watching.refresh();
        continue;
      }
      lookedForEnd = true;
      if (!run || isFinal(run)) return { after, ended: true };
    }
    after = await watching.follow(after, told, signal);
  }
  return { after, ended: state.ended };
}

/** A comment now and then, lest something between here and the reader takes silence for death. */
async function keepAlive(
  { clock }: EventDeps,
  response: Response,
  quietMs: () => number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(KEEP_ALIVE_MS, signal).catch(() => undefined);
    if (!signal.aborted && quietMs() >= KEEP_ALIVE_MS - 1_000) response.write(': keep-alive\n\n');
  }
}

/**
 * Server-sent events of one run: its log entries in order from after Last-Event-ID (ids `log-{seq}`), thoughts as they come (no id).
 * Ends after the entry that ends the run, with `event: end`; when the process shuts down it ends without, and the reader resumes elsewhere.
 */
export async function streamRunEvents(
  deps: EventDeps,
  tenantId: string,
  runId: string,
  request: Request,
  response: Response,
): Promise<void> {
  const after = resumeAfter(request);
  await assertThere(deps, tenantId, runId);
  response.status(200).set({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  const closed = new AbortController();
  response.once('close', () => closed.abort(CLOSED));
  const signals = [closed.signal, ...(deps.draining ? [deps.draining] : [])];
  const signal = AbortSignal.any(signals);
  const unfollow = deps.feed.watch(runId, (thought) => {
    if (response.writableLength > MAX_BUFFERED) return;
    const event: LiveEvent = thought;
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  });
  const watching = deps.runFeeds.watch(tenantId, runId);
  let quietSince = deps.clock.monotonicMs();
  void keepAlive(deps, response, () => deps.clock.monotonicMs() - quietSince, signal);
  const write: Take = (entries) => {
    quietSince = deps.clock.monotonicMs();
    return response.write(entries.map(({ sse }) => sse).join(''));
  };
  try {
    let told: Told = { after, ended: false };
    while (!told.ended && !signal.aborted) {
      told = await follow(deps, watching, { tenantId, runId, after: told.after }, write, signal);
      // A slow reader is waited for: what it has not read stays in the store.
      if (!told.ended && response.writableNeedDrain)
        await once(response, 'drain', { signal }).catch(() => undefined);
    }
    if (told.ended) response.write(END);
  } finally {
    watching.close();
    unfollow();
    response.end();
    closed.abort(CLOSED);
  }
}

/** Long poll: the entries after an id, at once or as soon as there is one, within `waitMs`. */
export async function pollRunEvents(
  deps: EventDeps,
  where: Position,
  { waitMs, signal }: { waitMs: number; signal: AbortSignal },
): Promise<{ events: LiveEvent[]; next: string | undefined; ended: boolean }> {
  await assertThere(deps, where.tenantId, where.runId);
  const over = AbortSignal.any([
    signal,
    AbortSignal.timeout(Math.max(1, waitMs)),
    ...(deps.draining ? [deps.draining] : []),
  ]);
  const events: LiveEvent[] = [];
  const keep: Take = (entries) => {
    events.push(...entries.map(({ entry }): LiveEvent => ({ type: 'entry', entry })));
    return false;
  };
  const watching = deps.runFeeds.watch(where.tenantId, where.runId);
  try {
    const { after, ended } = await follow(deps, watching, where, keep, over);
    return { events, next: after < 0 ? undefined : `log-${after}`, ended };
  } finally {
    watching.close();
  }
}
