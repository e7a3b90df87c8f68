import { z } from 'zod';

import { AppError } from '../../../shared/core/errors.ts';
import { route, type Route } from '../route.ts';

const Document = z.record(z.string(), z.json());

export const PLATFORM_ROUTES: readonly Route[] = [
  route({
    operationId: 'health',
    method: 'get',
    path: '/healthz',
    tag: 'platform',
    summary: 'Whether requests are taken',
    access: 'public',
    replies: {
      200: {
        description: 'They are',
        body: z.strictObject({ status: z.literal('ok'), version: z.string() }),
      },
    },
    handle: async ({ deps }) => {
      if (deps.draining?.aborted) throw new AppError('shutting_down', 'this instance shuts down');
      return { body: { status: 'ok', version: deps.version } };
    },
  }),
  route({
    operationId: 'openApi',
    method: 'get',
    path: '/openapi.json',
    tag: 'platform',
    summary: 'This API as OpenAPI 3.1',
    access: 'public',
    replies: { 200: { description: 'The document', body: Document } },
    handle: async ({ deps }) => ({ body: deps.describe().document }),
  }),
  route({
    operationId: 'docs',
    method: 'get',
    path: '/docs',
    tag: 'platform',
    summary: 'This API as a page to read',
    access: 'public',
    streams: true,
    replies: { 200: { description: 'The page', body: z.string(), mediaType: 'text/html' } },
    handle: async ({ deps, response }) => {
      const { page, policy } = deps.describe();
      response.set({ 'content-security-policy': policy }).type('text/html').send(page);
      return undefined;
    },
  }),
];
