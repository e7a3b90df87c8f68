import { z } from 'zod';

import { LiveEvent } from '../../../shared/contracts/live-event.ts';
import { pollRunEvents, resumeAfter, streamRunEvents } from '../run-events.ts';
import { route, type Route } from '../route.ts';
import { contentOf, RunParams } from './run-parameters.ts';

const After = z
  .string()
  .regex(/^((log-)?\d{1,9})?$/, 'an id that this stream sent, such as log-12')
  .optional();

export const EVENT_ROUTES: readonly Route[] = [
  route({
    operationId: 'watchRun',
    method: 'get',
    path: '/v1/runs/{runId}/events',
    tag: 'events',
    summary: 'Watch a run',
    description:
      'Server-sent events: `entry` for each log entry, in order and once, with ids to resume after (Last-Event-ID); `thought` as they come; `end` after the entry that ends the run. A stream that ends without `end` is to be resumed.',
    access: 'runs.read',
    params: RunParams,
    query: z.strictObject({
      after: After.describe('as Last-Event-ID, for what cannot set headers'),
    }),
    headers: ['last-event-id'],
    streams: true,
    replies: {
      200: { description: 'The stream', body: LiveEvent, mediaType: 'text/event-stream' },
    },
    reads: (call) => contentOf(call),
    handle: async ({ deps, tenantId, params, request, response }) => {
      await streamRunEvents(deps, tenantId, params.runId, request, response);
      return undefined;
    },
  }),
  route({
    operationId: 'pollRun',
    method: 'get',
    path: '/v1/runs/{runId}/poll',
    tag: 'events',
    summary: 'Ask what happened since, and wait for it',
    description:
      'The same events by long poll, for what cannot read a stream: answers at once when there are entries after `after`, else as soon as there is one, else empty after `waitMs`.',
    access: 'runs.read',
    params: RunParams,
    query: z.strictObject({
      after: After.describe('`next` of the answer before'),
      waitMs: z.coerce.number().int().min(0).max(25_000).default(20_000),
    }),
    replies: {
      200: {
        description: 'Entries in order; `ended` after the one that ends the run',
        body: z.strictObject({
          events: z.array(LiveEvent),
          next: z.string().optional(),
          ended: z.boolean(),
        }),
      },
    },
    reads: (call) => contentOf(call),
    handle: async ({ deps, tenantId, params, query, request, signal }) => {
      const after = resumeAfter(request);
      const where = { tenantId, runId: params.runId, after };
      const { next, ...polled } = await pollRunEvents(deps, where, {
        waitMs: query.waitMs,
        signal,
      });
      return { body: { ...polled, ...(next !== undefined && { next }) } };
    },
  }),
];
