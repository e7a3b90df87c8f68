import express, { type Express, type RequestHandler } from 'express';

import type { ArtifactStore } from '../../shared/artifacts/artifact-store.ts';
import { verifyRunLog } from '../../shared/audit/verify-run-log.ts';
import type { LogEntry } from '../../shared/contracts/log-entry.ts';
import { logPath, runPath, runsPath } from '../../shared/contracts/paths.ts';
import { AnswerRequest, CancelRequest, type AuditVerdict } from '../../shared/contracts/problem.ts';
import { RunId, RunRequest, RunStatus, type Run } from '../../shared/contracts/run.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Logger } from '../../shared/core/logger.ts';
import type { JournalDeps } from '../../shared/journal/run-journal.ts';
import { answerRun, cancelRun } from './answer-run.ts';
import { createRun } from './create-run.ts';
import type { LiveFeed } from './live-feed.ts';
import { openApi } from './openapi.ts';
import { parseBody, problemHandler } from './problems.ts';
import { streamRunEvents } from './run-events.ts';

export interface ApiDeps extends JournalDeps {
  readonly artifacts: ArtifactStore;
  readonly feed: LiveFeed;
  readonly log: Logger;
  readonly tenantId: string;
  readonly version: string;
  /** Host names under which the API may be addressed; a page on another name cannot reach it by DNS rebinding. */
  readonly hostNames: readonly string[];
  /** Artifact names under this prefix are the platform's own and are never listed or served. */
  readonly privatePrefix: string;
}

function guardHost(hostNames: readonly string[]): RequestHandler {
  return (request, _response, next) => {
    const host = (request.get('host') ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
    if (!hostNames.includes(host))
      throw new AppError(
        'permission_denied',
        `this platform does not answer to the name "${host.slice(0, 100)}"`,
      );
    // A form on some web page can POST here; it cannot send JSON without a preflight, which is never answered.
    if (request.method === 'POST' && !request.is('application/json'))
      throw new AppError('invalid_request', 'content-type: send application/json');
    next();
  };
}

/** Behind functions-framework the body has been read already: as `rawBody`, and on Google Cloud as parsed JSON too. */
const parseJson: RequestHandler = (request, _response, next) => {
  const { rawBody } = request as { rawBody?: Buffer };
  if (rawBody !== undefined && request.body === undefined && rawBody.length > 0) {
    try {
      request.body = JSON.parse(rawBody.toString('utf8'));
    } catch (error) {
      throw new AppError(
        'invalid_request',
        `the body is not valid JSON: ${error instanceof Error ? error.message : ''}`,
        { cause: error },
      );
    }
  }
  next();
};

const runIdOf = (text: unknown): string => {
  const parsed = RunId.safeParse(text);
  if (!parsed.success)
    throw new AppError(
      'not_found',
      `"${String(text).slice(0, 60)}" is not a run id; they look like run_ and 20 characters`,
    );
  return parsed.data;
};

async function listRuns(
  deps: ApiDeps,
  query: Record<string, unknown>,
): Promise<{ runs: Run[]; next?: string }> {
  const limit = query['limit'] === undefined ? 50 : Number(query['limit']);
  if (!Number.isInteger(limit) || limit < 1 || limit > 200)
    throw new AppError('invalid_request', 'limit: a whole number from 1 to 200');
  const status = query['status'] === undefined ? undefined : RunStatus.safeParse(query['status']);
  if (status && !status.success)
    throw new AppError('invalid_request', `status: one of ${RunStatus.options.join(', ')}`);
  const after =
    query['after'] === undefined ? undefined : runPath(deps.tenantId, runIdOf(query['after']));
  const documents = await deps.store.query<Run>({
    collection: runsPath(deps.tenantId),
    ...(status && { where: [{ field: 'status', op: '==' as const, value: status.data }] }),
    orderBy: { field: 'createdAt', direction: 'desc' },
    limit,
    ...(after !== undefined && { startAfter: after }),
  });
  const runs = documents.map((document) => document.data);
  const last = runs.at(-1);
  return { runs, ...(last && runs.length === limit && { next: last.runId }) };
}

async function readRun(deps: ApiDeps, runId: string): Promise<Run> {
  const document = await deps.store.get<Run>(runPath(deps.tenantId, runId));
  if (!document)
    throw new AppError('not_found', `there is no run ${runId}; \`rodex runs\` lists what there is`);
  return document.data;
}

async function audit(deps: ApiDeps, runId: string): Promise<AuditVerdict> {
  await readRun(deps, runId);
  const verdict = await verifyRunLog(deps.store, deps.tenantId, runId);
  if (verdict.ok)
    return {
      verified: true,
      entries: verdict.entries,
      headHash: verdict.headHash,
      message: 'every entry follows from the one before',
    };
  return {
    verified: false,
    entries: 0,
    ...('seq' in verdict && { seq: verdict.seq }),
    damage: verdict.damage,
    message: verdict.message,
  };
}

/** The HTTP function `api`. */
export function createApi(deps: ApiDeps): Express {
  const app = express();
  const { tenantId } = deps;
  const actor = 'user:local';
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use((_request, response, next) => {
    response.set({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
    });
    next();
  });
  app.get(
    '/healthz',
    (_request, response) => void response.json({ status: 'ok', version: deps.version }),
  );
  app.use(guardHost(deps.hostNames));
  app.use(parseJson);
  app.use(express.json({ limit: '1mb', strict: true }));
  app.get('/openapi.json', (_request, response) => void response.json(openApi(deps.version)));

  app.post('/v1/runs', async (request, response) => {
    const idempotencyKey = request.get('idempotency-key');
    if (idempotencyKey !== undefined && (idempotencyKey === '' || idempotencyKey.length > 200))
      throw new AppError('invalid_request', 'Idempotency-Key: 1 to 200 characters');
    const who = { tenantId, actor, ...(idempotencyKey !== undefined && { idempotencyKey }) };
    const { run, created } = await createRun(deps, who, parseBody(RunRequest, request.body));
    response
      .status(created ? 202 : 200)
      .location(`/v1/runs/${run.runId}`)
      .json(run);
  });
  app.get(
    '/v1/runs',
    async (request, response) => void response.json(await listRuns(deps, request.query)),
  );
  app.get(
    '/v1/runs/:runId',
    async (request, response) =>
      void response.json(await readRun(deps, runIdOf(request.params.runId))),
  );
  app.get('/v1/runs/:runId/events', async (request, response) =>
    streamRunEvents(deps, tenantId, runIdOf(request.params.runId), request, response),
  );
  app.get('/v1/runs/:runId/log', async (request, response) => {
    const runId = runIdOf(request.params.runId);
    await readRun(deps, runId);
    const documents = await deps.store.query<LogEntry>({ collection: logPath(tenantId, runId) });
    response.json({ entries: documents.map((document) => document.data) });
  });
  app.get(
    '/v1/runs/:runId/audit',
    async (request, response) =>
      void response.json(await audit(deps, runIdOf(request.params.runId))),
  );
  app.post('/v1/runs/:runId/cancel', async (request, response) => {
    const { reason } = parseBody(CancelRequest, request.body ?? {});
    response.json(await cancelRun(deps, actor, tenantId, runIdOf(request.params.runId), reason));
  });
  app.post('/v1/runs/:runId/answers', async (request, response) => {
    const answer = parseBody(AnswerRequest, request.body);
    response.json(await answerRun(deps, actor, tenantId, runIdOf(request.params.runId), answer));
  });
  app.get('/v1/runs/:runId/artifacts', async (request, response) => {
    const all = await deps.artifacts.list(tenantId, runIdOf(request.params.runId));
    response.json({
      artifacts: all.filter((artifact) => !artifact.name.startsWith(deps.privatePrefix)),
    });
  });
  app.get('/v1/runs/:runId/artifacts/:name', async (request, response) => {
    const { name } = request.params;
    if (name.startsWith(deps.privatePrefix))
      throw new AppError('not_found', 'there is no such artifact');
    const { metadata, content } = await deps.artifacts.get(
      tenantId,
      runIdOf(request.params.runId),
      name,
    );
    response
      .set({ 'content-security-policy': 'sandbox', 'cache-control': 'no-store' })
      .attachment(metadata.name)
      .type('application/octet-stream')
      .send(Buffer.from(content));
  });
  app.use((request) => {
    throw new AppError(
      'not_found',
      `there is no ${request.method} ${request.path}; /openapi.json lists what there is`,
    );
  });
  app.use(problemHandler(deps.log));
  return app;
}
