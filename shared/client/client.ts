import type { z } from 'zod';

import type { ArtifactInfo } from '../contracts/artifact-link.ts';
import type {
  ApiKeyInfo,
  CreateApiKeyRequest,
  IssuedApiKey,
  Member,
  Role,
  WhoAmI,
} from '../contracts/identity.ts';
import type { Ledger } from '../contracts/ledger.ts';
import type { AuditVerdict, DecisionRequest, WaitingRun } from '../contracts/problem.ts';
import type { Schedule, ScheduleView, SetScheduleRequest } from '../contracts/schedule.ts';
import type { SecretInfo, SetSecretRequest } from '../contracts/secret.ts';
import type { StartRunRequestInput } from '../contracts/start-run.ts';
import type { CreateTemplateRequest, TaskTemplate } from '../contracts/template.ts';
import type { SetTenantRequest, Tenant } from '../contracts/tenant.ts';
import type { Usage } from '../contracts/usage.ts';
import type {
  ChangeWebhookRequest,
  CreateWebhookRequest,
  DeliveryStatus,
  IssuedWebhook,
  Webhook,
  WebhookDelivery,
} from '../contracts/webhook.ts';
import type { LiveEvent } from '../contracts/live-event.ts';
import type { LogEntry } from '../contracts/log-entry.ts';
import type { Run } from '../contracts/run.ts';
import { AppError } from '../core/errors.ts';
import { readServerSentEvents } from './server-sent-events.ts';
import { createTransport, type ClientOptions, type Sent } from './transport.ts';

export type { LiveEvent } from '../contracts/live-event.ts';
export type { LogEntry } from '../contracts/log-entry.ts';
export type { AuditVerdict } from '../contracts/problem.ts';
export type { ArtifactInfo } from '../contracts/artifact-link.ts';
export type { Run, RunRequestInput } from '../contracts/run.ts';
export type { StartRunRequestInput } from '../contracts/start-run.ts';
export { AppError } from '../core/errors.ts';

export type { ClientOptions } from './transport.ts';

export interface Page {
  readonly limit?: number;
  /** `next` of the page before. */
  readonly after?: string;
}

export interface Client {
  /** Durable when it resolves, and repeated safely: under `idempotencyKey`, or one that is made for this call. */
  createRun(request: StartRunRequestInput, options?: { idempotencyKey?: string }): Promise<Run>;
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
  /** Nothing is begun from here on, until `resume`. */
  pause(runId: string, reason?: string): Promise<Run>;
  resume(runId: string): Promise<Run>;
  answer(runId: string, requestId: string, answer: string): Promise<Run>;
  audit(runId: string): Promise<AuditVerdict>;
  artifacts(runId: string): Promise<ArtifactInfo[]>;
  artifact(runId: string, name: string): Promise<Uint8Array>;
  /** What planning the run has cost, also calls that broke. */
  runUsage(runId: string): Promise<Ledger>;
  whoAmI(): Promise<WhoAmI>;
  usage(): Promise<Usage>;
  /** What waits for a person. */
  approvals(page?: Page & { kind?: string }): Promise<{ approvals: WaitingRun[]; next?: string }>;
  /** With `commitDigest`, a yes to anything else than what was seen is refused. */
  decide(runId: string, requestId: string, decision: DecisionRequest): Promise<Run>;
  /** The next version of that name. */
  createTemplate(request: z.input<typeof CreateTemplateRequest>): Promise<TaskTemplate>;
  templates(page?: Page & { name?: string }): Promise<{ templates: TaskTemplate[]; next?: string }>;
  template(ref: string): Promise<TaskTemplate>;
  retireTemplate(ref: string): Promise<TaskTemplate>;
  setSchedule(name: string, request: z.input<typeof SetScheduleRequest>): Promise<ScheduleView>;
  schedules(page?: Page): Promise<{ schedules: Schedule[]; next?: string }>;
  schedule(name: string): Promise<ScheduleView>;
  pauseSchedule(name: string, paused: boolean): Promise<ScheduleView>;
  removeSchedule(name: string): Promise<void>;
  /** The answer holds the key, once. */
  createApiKey(request: CreateApiKeyRequest): Promise<IssuedApiKey>;
  apiKeys(page?: Page): Promise<{ apiKeys: ApiKeyInfo[]; next?: string }>;
  rotateApiKey(keyId: string, overlapMs?: number): Promise<IssuedApiKey>;
  revokeApiKey(keyId: string): Promise<ApiKeyInfo>;
  members(page?: Page): Promise<{ members: Member[]; next?: string }>;
  /** Makes somebody a member, or changes their role. */
  setMember(email: string, role: Role): Promise<Member>;
  removeMember(email: string): Promise<void>;
  tenants(page?: Page): Promise<{ tenants: Tenant[]; next?: string }>;
  tenant(tenantId: string): Promise<Tenant>;
  /**
   * Makes a tenant, or sets what `change` gives for what there is; what that leaves out is no more. Rejects with `precondition_failed`
   * when somebody else changed it meanwhile.
   */
  changeTenant(
    tenantId: string,
    change: (before: Tenant | undefined) => z.input<typeof SetTenantRequest>,
  ): Promise<Tenant>;
  /** Names and origins; values are never read. */
  secrets(): Promise<SecretInfo[]>;
  setSecret(name: string, secret: SetSecretRequest): Promise<void>;
  removeSecret(name: string): Promise<void>;
  /** The answer holds the secret, once. */
  createWebhook(request: z.input<typeof CreateWebhookRequest>): Promise<IssuedWebhook>;
  webhooks(page?: Page): Promise<{ webhooks: Webhook[]; next?: string }>;
  webhook(webhookId: string): Promise<Webhook>;
  changeWebhook(webhookId: string, change: ChangeWebhookRequest): Promise<Webhook>;
  /** For `overlapMs` both secrets sign. */
  rotateWebhook(webhookId: string, overlapMs?: number): Promise<IssuedWebhook>;
  removeWebhook(webhookId: string): Promise<void>;
  deliveries(
    page?: Page & { status?: DeliveryStatus; webhookId?: string },
  ): Promise<{ deliveries: WebhookDelivery[]; next?: string }>;
  delivery(deliveryId: string): Promise<WebhookDelivery>;
  replayDelivery(deliveryId: string): Promise<WebhookDelivery>;
}

const MAX_RECONNECTS = 10;

const at = (id: string): string => encodeURIComponent(id);

function queryOf(values: object): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined) as [
    string,
    unknown,
  ][];
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

/** A client of the HTTP API. Every call rejects with an AppError of the API's code, or `store_unavailable` when nobody answers. */
export function createClient(options: ClientOptions): Client {
  const send = createTransport(options);
  const json = async <T>(path: string, sent?: Sent): Promise<T> =>
    (await (await send(path, sent)).json()) as T;
  const get = async <T>(path: string): Promise<T> => json<T>(path);
  const post = async <T>(path: string, body: unknown): Promise<T> =>
    json<T>(path, { method: 'POST', body });

  async function* events(
    runId: string,
    { after, signal }: { after?: string; signal?: AbortSignal } = {},
  ): AsyncIterable<LiveEvent> {
    let lastId = after;
    let failures = 0;
    for (;;) {
      try {
        const response = await send(`/v1/runs/${at(runId)}/events`, {
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
    createRun: async (body, { idempotencyKey = randomKey() } = {}) =>
      json('/v1/runs', {
        method: 'POST',
        body,
        headers: { 'idempotency-key': idempotencyKey },
        repeatable: true,
      }),
    run: async (runId) => get(`/v1/runs/${at(runId)}`),
    runs: async ({ status, limit, after } = {}) =>
      get(`/v1/runs${queryOf({ status, limit, after })}`),
    events,
    log: async (runId) => (await get<{ entries: LogEntry[] }>(`/v1/runs/${at(runId)}/log`)).entries,
    pause: async (runId, reason = '') => post(`/v1/runs/${at(runId)}/pause`, { reason }),
    resume: async (runId) => post(`/v1/runs/${at(runId)}/resume`, {}),
    cancel: async (runId, reason = '') => post(`/v1/runs/${at(runId)}/cancel`, { reason }),
    runUsage: async (runId) => get(`/v1/runs/${at(runId)}/usage`),
    answer: async (runId, requestId, answer) =>
      post(`/v1/runs/${at(runId)}/answers`, { requestId, answer }),
    audit: async (runId) => get(`/v1/runs/${at(runId)}/audit`),
    artifacts: async (runId) =>
      (await get<{ artifacts: ArtifactInfo[] }>(`/v1/runs/${at(runId)}/artifacts`)).artifacts,
    artifact: async (runId, name) => {
      const response = await send(`/v1/runs/${at(runId)}/artifacts/${at(name)}`);
      return new Uint8Array(await response.arrayBuffer());
    },
    whoAmI: async () => get('/v1/me'),
    usage: async () => get('/v1/usage'),
    approvals: async (page = {}) => get(`/v1/approvals${queryOf(page)}`),
    decide: async (runId, requestId, decision) =>
      post(`/v1/runs/${at(runId)}/approvals/${at(requestId)}`, decision),
    createTemplate: async (body) => post('/v1/templates', body),
    templates: async (page = {}) => get(`/v1/templates${queryOf(page)}`),
    template: async (ref) => get(`/v1/templates/${at(ref)}`),
    retireTemplate: async (ref) => json(`/v1/templates/${at(ref)}`, { method: 'DELETE' }),
    setSchedule: async (name, body) => json(`/v1/schedules/${at(name)}`, { method: 'PUT', body }),
    schedules: async (page = {}) => get(`/v1/schedules${queryOf(page)}`),
    schedule: async (name) => get(`/v1/schedules/${at(name)}`),
    pauseSchedule: async (name, paused) =>
      json(`/v1/schedules/${at(name)}`, { method: 'PATCH', body: { paused } }),
    removeSchedule: async (name) => {
      await send(`/v1/schedules/${at(name)}`, { method: 'DELETE' });
    },
    createApiKey: async (body) => post('/v1/api-keys', body),
    apiKeys: async (page = {}) => get(`/v1/api-keys${queryOf(page)}`),
    rotateApiKey: async (keyId, overlapMs) =>
      post(`/v1/api-keys/${at(keyId)}/rotate`, overlapMs === undefined ? {} : { overlapMs }),
    revokeApiKey: async (keyId) => json(`/v1/api-keys/${at(keyId)}`, { method: 'DELETE' }),
    members: async (page = {}) => get(`/v1/members${queryOf(page)}`),
    setMember: async (email, role) =>
      json(`/v1/members/${at(email)}`, { method: 'PUT', body: { role }, repeatable: true }),
    removeMember: async (email) => {
      await send(`/v1/members/${at(email)}`, { method: 'DELETE' });
    },
    tenants: async (page = {}) => get(`/v1/tenants${queryOf(page)}`),
    tenant: async (tenantId) => get(`/v1/tenants/${at(tenantId)}`),
    changeTenant: async (tenantId, change) => {
      const path = `/v1/tenants/${at(tenantId)}`;
      const before = await send(path).catch((error: unknown) => {
        if (AppError.is(error, 'not_found')) return undefined;
        throw error;
      });
      const etag = before?.headers.get('etag');
      return json(path, {
        method: 'PUT',
        body: change(before && ((await before.json()) as Tenant)),
        ...(etag && { headers: { 'if-match': etag } }),
      });
    },
    secrets: async () => (await get<{ secrets: SecretInfo[] }>('/v1/secrets')).secrets,
    setSecret: async (name, body) => {
      await send(`/v1/secrets/${at(name)}`, { method: 'PUT', body, repeatable: true });
    },
    removeSecret: async (name) => {
      await send(`/v1/secrets/${at(name)}`, { method: 'DELETE' });
    },
    createWebhook: async (body) => post('/v1/webhooks', body),
    webhooks: async (page = {}) => get(`/v1/webhooks${queryOf(page)}`),
    webhook: async (id) => get(`/v1/webhooks/${at(id)}`),
    changeWebhook: async (id, body) => json(`/v1/webhooks/${at(id)}`, { method: 'PATCH', body }),
    rotateWebhook: async (id, overlapMs) =>
      post(`/v1/webhooks/${at(id)}/rotate`, overlapMs === undefined ? {} : { overlapMs }),
    removeWebhook: async (id) => {
      await send(`/v1/webhooks/${at(id)}`, { method: 'DELETE' });
    },
    deliveries: async (page = {}) => get(`/v1/webhook-deliveries${queryOf(page)}`),
    delivery: async (id) => get(`/v1/webhook-deliveries/${at(id)}`),
    replayDelivery: async (id) => post(`/v1/webhook-deliveries/${at(id)}/replay`, undefined),
  };
}

function randomKey(): string {
  return crypto.randomUUID();
}
