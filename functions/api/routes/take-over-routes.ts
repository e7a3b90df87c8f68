import { z } from 'zod';

import { TAKE_OVER_FRAME } from '../../../shared/contracts/paths.ts';
import { TakeOverInput } from '../../../shared/contracts/take-over.ts';
import { route, type Route } from '../route.ts';
import { takeOverInput } from '../take-over.ts';
import { TAKE_OVER_PAGE } from '../take-over-page.ts';
import { contentOf, readRun, RunParams } from './run-parameters.ts';

export const TAKE_OVER_ROUTES: readonly Route[] = [
  route({
    operationId: 'takeOverInput',
    method: 'post',
    path: '/v1/runs/{runId}/take-over/inputs',
    tag: 'approvals',
    summary: 'Do something by hand in the browser of a run that asks for it',
    description:
      'For whoever may approve the commits of the run. Each input stands in its log, without what was typed. The answer `done` gives the browser back.',
    access: 'signed-in',
    params: RunParams,
    body: TakeOverInput,
    replies: { 202: { description: 'On its way' } },
    recordedIn: 'run-log',
    handle: async ({ deps, identity, params, body }) => {
      await takeOverInput(deps, identity, params.runId, body);
      return { status: 202 };
    },
  }),
  route({
    operationId: 'takeOverFrame',
    method: 'get',
    path: '/v1/runs/{runId}/take-over/frame',
    tag: 'approvals',
    summary: 'What the browser of a run shows that asks for a person’s hands',
    access: 'runs.read',
    params: RunParams,
    streams: true,
    reads: contentOf,
    replies: {
      200: {
        description: 'The page as PNG, at most a second old',
        body: z.string().meta({ format: 'binary' }),
        mediaType: 'image/png',
        headers: ['etag'],
      },
    },
    handle: async ({ deps, tenantId, params: { runId }, response }) => {
      await readRun(deps.store, tenantId, runId);
      const { metadata, content } = await deps.artifacts.get(tenantId, runId, TAKE_OVER_FRAME);
      response
        .set({
          etag: `"${metadata.digest.slice('sha256:'.length, 'sha256:'.length + 32)}"`,
          'cache-control': 'private, no-store',
          'content-security-policy': "sandbox; default-src 'none'",
          'cross-origin-resource-policy': 'same-origin',
        })
        .type('image/png')
        .send(Buffer.from(content));
      return undefined;
    },
  }),
  route({
    operationId: 'takeOver',
    method: 'get',
    path: '/take-over',
    tag: 'approvals',
    summary: 'A page to use the browser of a run that asks for it',
    access: 'public',
    streams: true,
    replies: { 200: { description: 'The page', body: z.string(), mediaType: 'text/html' } },
    handle: async ({ response }) => {
      const { html, policy } = TAKE_OVER_PAGE;
      response.set({ 'content-security-policy': policy }).type('text/html').send(html);
      return undefined;
    },
  }),
];
