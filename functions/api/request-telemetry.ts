import type { RequestHandler } from 'express';

import type { Clock } from '../../shared/core/clock.ts';
import { randomId } from '../../shared/core/ids.ts';
import type { Telemetry } from '../../shared/telemetry/telemetry.ts';

const RUN = /\/v1\/runs\/(run_[0-9a-z]{20})(\/[a-z-]+)?/;

/** Requests about one run as spans of its trace; the answer that creates a run names it in `location`. */
export function requestTelemetry({
  telemetry,
  clock,
}: {
  readonly telemetry?: Telemetry | undefined;
  readonly clock: Clock;
}): RequestHandler {
  return (request, response, next) => {
    const startMs = clock.nowMs();
    response.once('close', () => {
      const location = String(response.getHeader('location') ?? '');
      const [, runId, part = ''] = RUN.exec(request.path) ?? RUN.exec(location) ?? [];
      if (!telemetry || runId === undefined) return;
      const route = RUN.test(request.path) ? `/v1/runs/{runId}${part}` : '/v1/runs';
      telemetry.span({
        runId,
        name: `${request.method} ${route}`,
        key: ['request', randomId('rq')],
        startMs,
        endMs: clock.nowMs(),
        attributes: {
          'http.request.method': request.method,
          'http.route': route,
          'http.response.status_code': response.statusCode,
        },
        ...(response.statusCode >= 500 && { error: String(response.statusCode) }),
      });
    });
    next();
  };
}
