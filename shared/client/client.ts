import type { AuditVerdict, Problem } from '../contracts/problem.ts';
import type { LiveEvent } from '../contracts/live-event.ts';
import type { LogEntry } from '../contracts/log-entry.ts';
import type { Run, RunRequestInput } from '../contracts/run.ts';
import { AppError } from '../core/errors.ts';
import { readServerSentEvents } from './server-sent-events.ts';

export type { LiveEvent } from '../contracts/live-event.ts';
export type { LogEntry } from '../contracts/log-entry.ts';
export type { AuditVerdict } from '../contracts/problem.ts';
export type { Run, RunRequestInput } from '../contracts/run.ts';
export { AppError } from '../core/errors.ts';

export interface ClientOptions {
  /** Where the platform answers, such as http://127.0.0.1:8080. */
  readonly url: string;
}

export interface ArtifactInfo {
  readonly name: string;
  readonly bytes: number;
  readonly digest: string;
  readonly mediaType: string;
}

export interface Client {
  /** Durable when it resolves. With `idempotencyKey`, retrying gives the same run. */
  createRun(request: RunRequestInput, options?: { idempotencyKey?: string }): Promise<Run>;
  run(runId: string): Promise<Run>;
  /** A page of runs, newest first; `next` goes into `after`. */
  runs(options?: {
    status?: string;
    limit?: number;
    after?: string;
  }): Promise<{ runs: Run[]; next?: string }>;
  /** Log entries in order, each once, and thoughts; resumes where it was when the connection breaks; ends with the run. */
  events(
    runId: string,
    options?: { after?: string; signal?: AbortSignal },
  ): AsyncIterable<LiveEvent>;
  log(runId: string): Promise<LogEntry[]>;
  cancel(runId: string, reason?: string): Promise<Run>;
  answer(runId: string, requestId: string, answer: string): Promise<Run>;
  audit(runId: string): Promise<AuditVerdict>;
  artifacts(runId: string): Promise<ArtifactInfo[]>;
  artifact(runId: string, name: string): Promise<Uint8Array>;
}

const MAX_RECONNECTS = 10;

async function problemOf(response: Response): Promise<AppError> {
  const text = await response.text();
  try {
    const problem = JSON.parse(text) as Problem;
    return new AppError(
      problem.code,
      problem.detail,
      problem.errors ? { details: { errors: problem.errors } } : {},
    );
  } catch {
    return new AppError(
      'internal',
      `the platform answered ${response.status}: ${text.slice(0, 200)}`,
    );
  }
}

/** A client of the HTTP API. Every call rejects with an AppError of the API's code, or `store_unavailable` when nobody answers. */
export function createClient(options: ClientOptions): Client {
  const base = options.url.replace(/\/+$/, '');

  async function request(path: string, init: RequestInit = {}): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${base}${path}`, init);
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new AppError(
        'store_unavailable',
        `nobody answers at ${base}; start the platform with \`npx rodex up\``,
        { cause: error, retryable: true },
      );
    }
    if (!response.ok) throw await problemOf(response);
    return response;
  }
  const get = async <T>(path: string): Promise<T> => (await (await request(path)).json()) as T;
  const post = async <T>(
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> =>
    (await (
      await request(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      })
    ).json()) as T;

  async function* events(
    runId: string,
    { after, signal }: { after?: string; signal?: AbortSignal } = {},
  ): AsyncIterable<LiveEvent> {
    let lastId = after;
    let failures = 0;
    for (;;) {
      try {
        const response = await request(`/v1/runs/${encodeURIComponent(runId)}/events`, {
          headers: {
            accept: 'text/event-stream',
            ...(lastId !== undefined && { 'last-event-id': lastId }),
          },
          ...(signal && { signal }),
        });
        for await (const event of readServerSentEvents(response)) {
          failures = 0;
          if (event.event === 'end') return;
          if (event.id !== undefined) lastId = event.id;
          yield JSON.parse(event.data) as LiveEvent;
        }
      } catch (error) {
        if (signal?.aborted || (AppError.is(error) && !error.retryable)) throw error;
        if (failures >= MAX_RECONNECTS) throw AppError.from(error, 'store_unavailable');
      }
      failures += 1;
      await new Promise((resolve) =>
        setTimeout(resolve, Math.random() * Math.min(2_000, 50 * 2 ** failures)),
      );
    }
  }

  return {
    createRun: async (body, { idempotencyKey } = {}) =>
      post(
        '/v1/runs',
        body,
        idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
      ),
    run: async (runId) => get(`/v1/runs/${encodeURIComponent(runId)}`),
    runs: async ({ status, limit, after } = {}) => {
      const query = new URLSearchParams();
      if (status !== undefined) query.set('status', status);
      if (limit !== undefined) query.set('limit', String(limit));
      if (after !== undefined) query.set('after', after);
      return get(`/v1/runs?${query}`);
    },
    events,
    log: async (runId) =>
      (await get<{ entries: LogEntry[] }>(`/v1/runs/${encodeURIComponent(runId)}/log`)).entries,
    cancel: async (runId, reason = '') =>
      post(`/v1/runs/${encodeURIComponent(runId)}/cancel`, { reason }),
    answer: async (runId, requestId, answer) =>
      post(`/v1/runs/${encodeURIComponent(runId)}/answers`, { requestId, answer }),
    audit: async (runId) => get(`/v1/runs/${encodeURIComponent(runId)}/audit`),
    artifacts: async (runId) =>
      (await get<{ artifacts: ArtifactInfo[] }>(`/v1/runs/${encodeURIComponent(runId)}/artifacts`))
        .artifacts,
    artifact: async (runId, name) => {
      const response = await request(
        `/v1/runs/${encodeURIComponent(runId)}/artifacts/${encodeURIComponent(name)}`,
      );
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}
