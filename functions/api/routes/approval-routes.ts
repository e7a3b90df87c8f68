import { z } from 'zod';

import { runPath, runsPath } from '../../../shared/contracts/paths.ts';
import { DecisionRequest, WaitingRun } from '../../../shared/contracts/problem.ts';
import { HumanKind, Run, RunId } from '../../../shared/contracts/run.ts';
import { answerRun } from '../answer-run.ts';
import { route, type Route } from '../route.ts';
import { limitOf } from './run-parameters.ts';

export const APPROVAL_ROUTES: readonly Route[] = [
  route({
    operationId: 'listApprovals',
    method: 'get',
    path: '/v1/approvals',
    tag: 'approvals',
    summary: 'List what waits for a person, in every run',
    access: 'runs.read',
    query: z.strictObject({
      kind: HumanKind.optional(),
      limit: limitOf(50),
      after: RunId.optional().describe('`next` of the page before'),
    }),
    replies: {
      200: {
        description: 'A page',
        body: z.strictObject({ approvals: z.array(WaitingRun), next: RunId.optional() }),
      },
    },
    handle: async ({ deps, tenantId, query: { kind, limit, after } }) => {
      const documents = await deps.store.query<Run>({
        collection: runsPath(tenantId),
        where: [{ field: 'status', op: '==', value: 'waiting_human' }],
        limit: limit + 1,
        ...(after !== undefined && { startAfter: runPath(tenantId, after) }),
      });
      const page = documents.slice(0, limit).map(({ data }) => data);
      const approvals = page.flatMap(({ runId, goal, requestedBy, waitingFor }) =>
        waitingFor && (kind === undefined || waitingFor.kind === kind)
          ? [{ runId, goal, requestedBy, request: waitingFor }]
          : [],
      );
      const last = page.at(-1);
      const more = documents.length > limit && last;
      return { body: { approvals, ...(more && { next: last.runId }) } };
    },
  }),
  route({
    operationId: 'decideApproval',
    method: 'post',
    path: '/v1/runs/{runId}/approvals/{requestId}',
    tag: 'approvals',
    summary: 'Approve or deny a commit',
    description:
      'Used once, and for what was seen: with `commitDigest`, a yes to anything else is refused. Nobody approves what they proposed.',
    access: 'commits.approve',
    params: z.strictObject({ runId: RunId, requestId: z.string().min(1).max(100) }),
    body: DecisionRequest,
    replies: { 200: { description: 'The run', body: Run } },
    recordedIn: 'run-log',
    handle: async ({ deps, identity, params: { runId, requestId }, body }) => ({
      body: await answerRun(deps, identity, runId, {
        requestId,
        answer: body.decision,
        commitDigest: body.commitDigest,
      }),
    }),
  }),
];
