import type { Server } from 'node:http';

import type { Request, Response } from 'express';

import type { HttpHandler } from './push-function.ts';

export interface DrainOptions {
  readonly process: Pick<NodeJS.Process, 'on' | 'off' | 'exit'>;
  /** Requests under way may take so long; then `onTired` is called. */
  readonly patienceMs?: number;
  /** All must be over by then, or the process ends with status 1. */
  readonly budgetMs?: number;
  /** The signal came. */
  readonly onStop: () => void;
  /** Work that would take longer is to be broken off now. */
  readonly onTired: () => void;
  /** Closes what the function stands on. */
  readonly close: () => Promise<void>;
}

/** Google's own limit is 10 s. */
const BUDGET_MS = 9_500;
const PATIENCE_MS = 6_000;

/**
 * Takes SIGTERM and SIGINT from functions-framework, which would cut the requests under way: these are finished (event streams are ended:
 * their readers come back and go on), then the process ends with status 0. Gives the wrapper that counts requests.
 */
export function drainOnStop(options: DrainOptions): (handler: HttpHandler) => HttpHandler {
  const { process, patienceMs = PATIENCE_MS, budgetMs = BUDGET_MS } = options;
  const underWay = new Set<Response>();
  const servers = new Set<Server>();
  let stopping = false;

  const finish = (): void => {
    if (!stopping || underWay.size > 0) return;
    options.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    options.onStop();
    for (const server of servers) {
      server.close();
      server.closeIdleConnections();
    }
    for (const response of underWay) endIfStream(response);
    setTimeout(options.onTired, patienceMs).unref();
    setTimeout(() => process.exit(1), budgetMs).unref();
    finish();
  };
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, stop);
  process.on('newListener', (event: string | symbol, listener: () => void) => {
    // The framework adds its own when it begins to listen.
    if ((event === 'SIGTERM' || event === 'SIGINT') && listener !== stop)
      queueMicrotask(() => process.off(event, listener));
  });
  return (handler) => async (request: Request, response: Response) => {
    const { server } = request.socket as { server?: Server };
    if (server) servers.add(server);
    underWay.add(response);
    response.once('close', () => {
      underWay.delete(response);
      finish();
    });
    if (stopping) response.set('connection', 'close');
    await handler(request, response);
    if (stopping) endIfStream(response);
  };
}

function endIfStream(response: Response): void {
  const type = response.getHeader('content-type');
  if (typeof type === 'string' && type.startsWith('text/event-stream')) response.end();
}
