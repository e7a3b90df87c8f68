import { z } from 'zod';

import { CATALOG } from '../../shared/contracts/catalog.ts';
import { AnswerRequest, CancelRequest } from '../../shared/contracts/problem.ts';
import { Run, RunRequest } from '../../shared/contracts/run.ts';

type JsonObject = Record<string, unknown>;

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): JsonObject => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};
const json = (schema: JsonObject): JsonObject => ({ content: { 'application/json': { schema } } });
const ref = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });
const problem = {
  description: 'What is wrong and how to cure it',
  content: { 'application/problem+json': { schema: ref('problem') } },
};

const runId = { name: 'runId', in: 'path', required: true, schema: { type: 'string' } };

function operation(summary: string, success: JsonObject, rest: JsonObject = {}): JsonObject {
  return { summary, responses: { ...success, default: problem }, ...rest };
}

const oneRun = { '200': { description: 'The run', ...json(ref('run')) } };

/** The API as OpenAPI 3.1, made from the contracts. */
export function openApi(version: string): JsonObject {
  const components = Object.fromEntries(
    Object.entries(CATALOG).map(([name, schema]) => [name, schemaOf(schema, 'output')]),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'Rodex',
      version,
      description: 'Goals in plain language become durable, audited browser runs.',
    },
    paths: {
      '/v1/runs': {
        post: operation(
          'Start a run',
          {
            '202': { description: 'Accepted, durably', ...json(ref('run')) },
            '200': { description: 'Started before with this Idempotency-Key', ...json(ref('run')) },
          },
          {
            parameters: [
              { name: 'Idempotency-Key', in: 'header', schema: { type: 'string', maxLength: 200 } },
            ],
            requestBody: { required: true, ...json(schemaOf(RunRequest, 'input')) },
          },
        ),
        get: operation(
          'List runs, newest first',
          {
            '200': {
              description: 'A page',
              ...json({
                type: 'object',
                properties: {
                  runs: { type: 'array', items: schemaOf(Run, 'output') },
                  next: { type: 'string' },
                },
              }),
            },
          },
          {
            parameters: [
              { name: 'status', in: 'query', schema: { type: 'string' } },
              { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 200 } },
              {
                name: 'after',
                in: 'query',
                schema: { type: 'string' },
                description: '`next` of the page before',
              },
            ],
          },
        ),
      },
      '/v1/runs/{runId}': { parameters: [runId], get: operation('Read a run', oneRun) },
      '/v1/runs/{runId}/events': {
        parameters: [runId],
        get: operation(
          'Watch a run',
          {
            '200': {
              description: 'Server-sent events: entry, thought, end',
              content: { 'text/event-stream': { schema: ref('live-event') } },
            },
          },
          {
            parameters: [
              {
                name: 'Last-Event-ID',
                in: 'header',
                schema: { type: 'string' },
                description: 'resume after this id',
              },
            ],
          },
        ),
      },
      '/v1/runs/{runId}/log': {
        parameters: [runId],
        get: operation('Read the log', {
          '200': {
            description: 'All entries',
            ...json({
              type: 'object',
              properties: { entries: { type: 'array', items: ref('log-entry') } },
            }),
          },
        }),
      },
      '/v1/runs/{runId}/audit': {
        parameters: [runId],
        get: operation('Verify the log', {
          '200': { description: 'The verdict', ...json(ref('audit-verdict')) },
        }),
      },
      '/v1/runs/{runId}/cancel': {
        parameters: [runId],
        post: operation('Cancel', oneRun, { requestBody: json(schemaOf(CancelRequest, 'input')) }),
      },
      '/v1/runs/{runId}/answers': {
        parameters: [runId],
        post: operation('Answer what the run waits for', oneRun, {
          requestBody: { required: true, ...json(schemaOf(AnswerRequest, 'input')) },
        }),
      },
      '/v1/runs/{runId}/artifacts': {
        parameters: [runId],
        get: operation('List artifacts', {
          '200': { description: 'Name, size, digest and media type of each' },
        }),
      },
      '/v1/runs/{runId}/artifacts/{name}': {
        parameters: [
          runId,
          { name: 'name', in: 'path', required: true, schema: { type: 'string' } },
        ],
        get: operation('Download an artifact', {
          '200': { description: 'The content, as an attachment' },
        }),
      },
    },
    components: { schemas: components },
  };
}
