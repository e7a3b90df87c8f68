import type { Request, Response } from 'express';

import type { LiveEvent } from '../../shared/contracts/live-event.ts';
import type { LogEntry } from '../../shared/contracts/log-entry.ts';
import { logEntryPath, logPath, runPath } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import { isFinal } from '../../shared/runs/run-machine.ts';
import type { StateStore } from '../../shared/state/state-store.ts';
import type { LiveFeed } from './live-feed.ts';

const KEEP_ALIVE_MS = 15_000;

function resumeAfter(request: Request): number {
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

/**
 * Server-sent events of one run: its log entries in order from after Last-Event-ID (ids `log-{seq}`), thoughts as they come (no id).
 * Ends after the entry that ends the run; then `event: end`.
 */
export async function streamRunEvents(
  deps: { store: StateStore; feed: LiveFeed },
  tenantId: string,
  runId: string,
  request: Request,
  response: Response,
): Promise<void> {
  let after = resumeAfter(request);
  if (!(await deps.store.get(runPath(tenantId, runId))))
    throw new AppError('not_found', `there is no run ${runId}`);
  response.status(200).set({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  let wake: () => void = () => undefined;
  let changed = true;
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  const unwatch = deps.store.watch(logPath(tenantId, runId), () => {
    changed = true;
    wake();
  });
  const send = (event: LiveEvent, id?: string): void => {
    response.write(
      `${id === undefined ? '' : `id: ${id}\n`}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
    );
  };
  const unfollow = deps.feed.watch(runId, (thought) => send(thought));
  const keepAlive = setInterval(() => response.write(': keep-alive\n\n'), KEEP_ALIVE_MS);
  closed.signal.addEventListener('abort', () => wake());
  try {
    while (!closed.signal.aborted) {
      changed = false;
      const page = await deps.store.query<LogEntry>({
        collection: logPath(tenantId, runId),
        limit: 200,
        ...(after >= 0 && { startAfter: logEntryPath(tenantId, runId, after) }),
      });
      for (const { data: entry } of page) {
        send({ type: 'entry', entry }, `log-${entry.seq}`);
        after = entry.seq;
        if (entry.event.type === 'run.ended') {
          response.write('event: end\ndata: {}\n\n');
          return;
        }
      }
      if (page.length > 0 || changed) continue;
      const run = await deps.store.get<Run>(runPath(tenantId, runId));
      if (!run || isFinal(run.data)) {
        response.write('event: end\ndata: {}\n\n');
        return;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (changed || closed.signal.aborted) resolve();
      });
    }
  } finally {
    clearInterval(keepAlive);
    unfollow();
    unwatch();
    response.end();
  }
}
