import type { Request, Response } from 'express';

import { AppError } from '../../shared/core/errors.ts';
import type { ApiContext } from './api-deps.ts';
import { readRun } from './routes/run-parameters.ts';

export interface ArtifactName {
  readonly tenantId: string;
  readonly runId: string;
  readonly name: string;
}

/** What a run wrote is hostile: it is sent as an attachment that no browser shows, sniffs or runs. */
const HEADERS = {
  'content-security-policy': "sandbox; default-src 'none'",
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'private, no-store',
  'accept-ranges': 'bytes',
};

export function assertShown({ privatePrefix }: ApiContext, name: string): void {
  if (name.startsWith(privatePrefix)) throw new AppError('not_found', 'there is no such artifact');
}

/** Sends an artifact, or one range of it. Errors: `not_found`, `range_not_satisfiable`. */
export async function sendArtifact(
  deps: ApiContext,
  { tenantId, runId, name }: ArtifactName,
  request: Request,
  response: Response,
): Promise<void> {
  assertShown(deps, name);
  await readRun(deps.store, tenantId, runId);
  const { metadata, content } = await deps.artifacts.get(tenantId, runId, name);
  const etag = `"${metadata.digest.slice('sha256:'.length, 'sha256:'.length + 32)}"`;
  response
    .set({ ...HEADERS, etag })
    .attachment(metadata.name)
    .type('application/octet-stream');
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  // A range of another version of the file would be half of each.
  const ifRange = request.get('if-range');
  const asked = ifRange === undefined || ifRange === etag ? request.range(bytes.length) : undefined;
  if (asked === -1) {
    response.set('content-range', `bytes */${bytes.length}`);
    throw new AppError(
      'range_not_satisfiable',
      `range: the artifact has ${bytes.length} bytes, from 0 to ${bytes.length - 1}`,
    );
  }
  const range = Array.isArray(asked) && asked.type === 'bytes' ? asked : [];
  const [only] = range;
  // Several ranges, or a header that is none, get the whole: both are allowed by RFC 9110.
  if (!only || range.length > 1) {
    response.status(200).set('content-length', String(bytes.length));
    response.end(request.method === 'HEAD' ? undefined : bytes);
    return;
  }
  const part = bytes.subarray(only.start, only.end + 1);
  response.status(206).set({
    'content-range': `bytes ${only.start}-${only.end}/${bytes.length}`,
    'content-length': String(part.length),
  });
  response.end(request.method === 'HEAD' ? undefined : part);
}
