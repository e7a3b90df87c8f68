import { z } from 'zod';

import {
  ArtifactInfo,
  ArtifactLink,
  ArtifactLinkRequest,
} from '../../../shared/contracts/artifact-link.ts';
import { openLink, signLink } from '../artifact-links.ts';
import type { ReplySpec } from '../route.ts';
import { route, type Route } from '../route.ts';
import { assertShown, sendArtifact } from '../send-artifact.ts';
import { contentOf, readRun, RunParams } from './run-parameters.ts';

const ArtifactParams = RunParams.extend({
  name: z.string().min(1).max(200).describe('as listed'),
});
const content: Readonly<Record<number, ReplySpec>> = {
  200: {
    description: 'The content, as an attachment',
    body: z.string().meta({ format: 'binary' }),
    mediaType: 'application/octet-stream',
    headers: ['etag'],
  },
  206: {
    description: 'The range that was asked for',
    body: z.string().meta({ format: 'binary' }),
    mediaType: 'application/octet-stream',
    headers: ['content-range', 'etag'],
  },
};

export const ARTIFACT_ROUTES: readonly Route[] = [
  route({
    operationId: 'listArtifacts',
    method: 'get',
    path: '/v1/runs/{runId}/artifacts',
    tag: 'artifacts',
    summary: 'List the files of a run',
    access: 'runs.read',
    params: RunParams,
    replies: {
      200: {
        description: 'Name, size, digest and media type of each',
        body: z.strictObject({ artifacts: z.array(ArtifactInfo) }),
      },
    },
    handle: async ({ deps, tenantId, params }) => {
      await readRun(deps.store, tenantId, params.runId);
      const all = await deps.artifacts.list(tenantId, params.runId);
      const artifacts = all
        .filter(({ name }) => !name.startsWith(deps.privatePrefix))
        .map(({ name, bytes, digest, mediaType }) => ({ name, bytes, digest, mediaType }));
      return { body: { artifacts } };
    },
  }),
  route({
    operationId: 'getArtifact',
    method: 'get',
    path: '/v1/runs/{runId}/artifacts/{name}',
    tag: 'artifacts',
    summary: 'Download a file of a run, or a range of it',
    access: 'runs.read',
    params: ArtifactParams,
    headers: ['range'],
    streams: true,
    replies: content,
    reads: (call) => contentOf(call),
    handle: async ({ deps, tenantId, params: { runId, name }, request, response }) => {
      await sendArtifact(deps, { tenantId, runId, name }, request, response);
      return undefined;
    },
  }),
  route({
    operationId: 'linkArtifact',
    method: 'post',
    path: '/v1/runs/{runId}/artifacts/{name}/link',
    tag: 'artifacts',
    summary: 'Make a link under which anybody may download this file for a while',
    access: 'runs.read',
    params: ArtifactParams,
    body: ArtifactLinkRequest,
    bodyOptional: true,
    replies: { 201: { description: 'The link', body: ArtifactLink } },
    details: ({ expiresInMs }) => ({ expiresInMs }),
    handle: async ({ deps, tenantId, params: { runId, name }, body }) => {
      assertShown(deps, name);
      await readRun(deps.store, tenantId, runId);
      // Also says when there is no such artifact.
      const expiresAtMs = deps.clock.nowMs() + body.expiresInMs;
      const stored = await deps.artifacts.link(tenantId, runId, name, { expiresAtMs });
      if (stored === undefined) await deps.artifacts.get(tenantId, runId, name);
      const token = signLink(deps.linkSecret, { tenantId, runId, name, expiresAtMs });
      const url = stored ?? `/v1/downloads/${token}`;
      return { status: 201, body: { url, expiresAt: new Date(expiresAtMs).toISOString() } };
    },
  }),
  route({
    operationId: 'downloadLinked',
    method: 'get',
    path: '/v1/downloads/{token}',
    tag: 'artifacts',
    summary: 'Download what a link stands for',
    access: 'public',
    params: z.strictObject({ token: z.string().min(1).max(2_000) }),
    headers: ['range'],
    streams: true,
    replies: content,
    reads: ({ deps, params: { token } }) => openLink(deps.linkSecret, token, deps.clock.nowMs()),
    handle: async ({ deps, params: { token }, request, response }) => {
      const link = openLink(deps.linkSecret, token, deps.clock.nowMs());
      await sendArtifact(deps, link, request, response);
      return undefined;
    },
  }),
];
