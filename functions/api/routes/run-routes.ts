import { z } from 'zod';

import { LogEntry } from '../../../shared/contracts/log-entry.ts';
import { runLedgerPath, runPath, runsPath } from '../../../shared/contracts/paths.ts';
import { AnswerRequest, CancelRequest, PauseRequest } from '../../../shared/contracts/problem.ts';
import { Ledger } from '../../../shared/contracts/ledger.ts';
import { Run, RunId, RunStatus } from '../../../shared/contracts/run.ts';
import { StartRunRequest } from '../../../shared/contracts/start-run.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { readRunLog } from '../../../shared/journal/run-log.ts';
import { startRun } from '../../../shared/tenants/start-run.ts';
import { answerRun, cancelRun, pauseRun, resumeRun } from '../answer-run.ts';
import { route, type Route } from '../route.ts';
import { contentOf, limitOf, readRun, RunParams } from './run-parameters.ts';

const one = { description: 'The run', body: Run, headers: ['etag'] as const };

export const RUN_ROUTES: readonly Route[] = [
  route({
    operationId: 'createRun',
    method: 'post',
    path: '/v1/runs',
    tag: 'runs',
    summary: 'Start a run',
    description:
      'Durable when it is answered. With an Idempotency-Key, sending the same request again gives the same run.',
    access: 'runs.start',
    body: StartRunRequest,
    headers: ['idempotency-key'],
    replies: {
      202: { description: 'Accepted, durably', body: Run, headers: ['location'] },
      200: { description: 'Started before with this Idempotency-Key', body: Run },
    },
    recordedIn: 'run-log',
    handle: async ({ deps, identity, tenantId, body, request }) => {
      const idempotencyKey = request.get('idempotency-key');
      if (idempotencyKey !== undefined && (idempotencyKey === '' || idempotencyKey.length > 200))
        throw new AppError('invalid_request', 'Idempotency-Key: 1 to 200 characters');
      const who = {
        tenantId,
        actor: identity.principal,
        ...(idempotencyKey !== undefined && { idempotencyKey }),
      };
      const { run, created } = await startRun(deps, who, body);
      const headers = { location: `/v1/runs/${run.runId}` };
      return { status: created ? 202 : 200, body: run, headers };
    },
  }),
  route({
    operationId: 'listRuns',
    method: 'get',
    path: '/v1/runs',
    tag: 'runs',
    summary: 'List runs, newest first',
    access: 'runs.read',
    query: z.strictObject({
      status: RunStatus.optional(),
      limit: limitOf(50),
      after: RunId.optional().describe('`next` of the page before'),
    }),
    replies: {
      200: {
        description: 'A page',
        body: z.strictObject({ runs: z.array(Run), next: RunId.optional() }),
      },
    },
    handle: async ({ deps, tenantId, query: { status, limit, after } }) => {
      const documents = await deps.store.query<Run>({
        collection: runsPath(tenantId),
        ...(status && { where: [{ field: 'status', op: '==', value: status }] }),
        orderBy: { field: 'createdAt', direction: 'desc' },
        limit: limit + 1,
        ...(after !== undefined && { startAfter: runPath(tenantId, after) }),
      });
      const runs = documents.slice(0, limit).map(({ data }) => data);
      const last = runs.at(-1);
      return { body: { runs, ...(last && documents.length > limit && { next: last.runId }) } };
    },
  }),
  route({
    operationId: 'getRun',
    method: 'get',
    path: '/v1/runs/{runId}',
    tag: 'runs',
    summary: 'Read a run',
    access: 'runs.read',
    params: RunParams,
    headers: ['if-none-match'],
    replies: { 200: one, 304: { description: 'As it was' } },
    handle: async ({ deps, tenantId, params }) => {
      const { data, version } = await readRun(deps.store, tenantId, params.runId);
      return { body: data, version };
    },
  }),
  route({
    operationId: 'getRunLog',
    method: 'get',
    path: '/v1/runs/{runId}/log',
    tag: 'runs',
    summary: 'Read the log of a run',
    access: 'runs.read',
    params: RunParams,
    replies: {
      200: {
        description: 'All entries, in order',
        body: z.strictObject({ entries: z.array(LogEntry) }),
      },
    },
    reads: (call) => contentOf(call),
    handle: async ({ deps, tenantId, params: { runId } }) => {
      await readRun(deps.store, tenantId, runId);
      return { body: { entries: await readRunLog(deps, tenantId, runId) } };
    },
  }),
  route({
    operationId: 'getRunUsage',
    method: 'get',
    path: '/v1/runs/{runId}/usage',
    tag: 'runs',
    summary: 'What planning a run has cost',
    description: 'Tokens, calls and micro-USD, also of calls that broke.',
    access: 'runs.read',
    params: RunParams,
    replies: { 200: { description: 'The ledger of the run', body: Ledger } },
    handle: async ({ deps, tenantId, params: { runId } }) => {
      const { data: run } = await readRun(deps.store, tenantId, runId);
      const ledger = await deps.store.get<Ledger>(runLedgerPath(tenantId, runId));
      const none = { schemaVersion: 1, updatedAt: run.createdAt };
      return { body: Ledger.parse(ledger?.data ?? none) };
    },
  }),
  route({
    operationId: 'cancelRun',
    method: 'post',
    path: '/v1/runs/{runId}/cancel',
    tag: 'runs',
    summary: 'Cancel a run',
    description: 'Recorded once; the run ends as soon as its executor has come to a safe point.',
    access: 'runs.start',
    params: RunParams,
    body: CancelRequest,
    bodyOptional: true,
    replies: { 200: { description: 'The run', body: Run } },
    recordedIn: 'run-log',
    handle: async ({ deps, identity, tenantId, params, body }) => ({
      body: await cancelRun(deps, identity.principal, tenantId, params.runId, body.reason),
    }),
  }),
  route({
    operationId: 'pauseRun',
    method: 'post',
    path: '/v1/runs/{runId}/pause',
    tag: 'runs',
    summary: 'Pause a run',
    description:
      'Nothing is begun from here on, until it is resumed; what is under way is finished, then the run is let go of.',
    access: 'runs.start',
    params: RunParams,
    body: PauseRequest,
    bodyOptional: true,
    replies: { 200: { description: 'The run', body: Run } },
    recordedIn: 'run-log',
    handle: async ({ deps, identity, tenantId, params, body }) => ({
      body: await pauseRun(deps, identity.principal, tenantId, params.runId, body.reason),
    }),
  }),
  route({
    operationId: 'resumeRun',
    method: 'post',
    path: '/v1/runs/{runId}/resume',
    tag: 'runs',
    summary: 'Let a paused run go on',
    description: 'Any executor takes it up with the log-ins that were saved.',
    access: 'runs.start',
    params: RunParams,
    replies: { 200: { description: 'The run', body: Run } },
    recordedIn: 'run-log',
    handle: async ({ deps, identity, tenantId, params }) => ({
      body: await resumeRun(deps, identity.principal, tenantId, params.runId),
    }),
  }),
  route({
    operationId: 'answerRun',
    method: 'post',
    path: '/v1/runs/{runId}/answers',
    tag: 'runs',
    summary: 'Answer what a run waits for',
    description:
      'An approval takes `approve` or `deny`, and somebody who may approve; an uncertain step takes `acted` or `not-acted`; a question takes text. Used once.',
    access: 'signed-in',
    params: RunParams,
    body: AnswerRequest,
    replies: { 200: { description: 'The run', body: Run } },
    recordedIn: 'run-log',
    handle: async ({ deps, identity, params, body }) => ({
      body: await answerRun(deps, identity, params.runId, body),
    }),
  }),
];
