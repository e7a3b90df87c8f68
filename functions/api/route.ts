import type { Request, Response } from 'express';
import type { z } from 'zod';

import type { Identity, Permission } from '../../shared/policy/roles.ts';
import type { ApiContext } from './api-deps.ts';

/** The parts of the API, in the order that its documentation tells them. */
export const TAGS = {
  runs: 'Goals under way and done',
  events: 'What happens in a run, live',
  approvals: 'What waits for a yes',
  artifacts: 'Files of a run',
  tasks: 'Templates and schedules',
  secrets: 'Credentials that runs may type, by name',
  webhooks: 'Events of runs, sent to endpoints of yours',
  audit: 'The tamper-evident log',
  identity: 'Who asks: keys, members, tenants',
  platform: 'The platform itself',
} as const;
export type Tag = keyof typeof TAGS;

export type HeaderName =
  | 'idempotency-key'
  | 'if-match'
  | 'if-none-match'
  | 'last-event-id'
  | 'range';

export interface ReplySpec {
  readonly description: string;
  /** Absent: no body. */
  readonly body?: z.ZodType;
  readonly mediaType?: string;
  readonly headers?: readonly ('location' | 'etag' | 'content-range')[];
}

export interface Reply {
  readonly status?: number;
  /** Sent as JSON; absent: none. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Version of what is shown, as the store gives it. */
  readonly version?: string;
}

/** One request, checked against its route. */
export interface Call<Params, Query, Body> {
  readonly deps: ApiContext;
  /** The caller; on a public route nobody. */
  readonly identity: Identity;
  readonly tenantId: string;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** From `If-Match`: the version that the caller saw. */
  readonly ifMatch: string | undefined;
  /** Aborted when the caller leaves, the time is over, or the API shuts down. */
  readonly signal: AbortSignal;
  readonly request: Request;
  readonly response: Response;
}

/** A run whose content a request reads. */
export interface ContentOf {
  readonly tenantId: string;
  readonly runId: string;
}

export interface RouteSpec<Params, Query, Body> {
  readonly operationId: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With `{name}` for parameters. */
  readonly path: `/${string}`;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  /** A permission of the role table; `signed-in`: any role; `public`: nobody is asked who they are. */
  readonly access: Permission | 'signed-in' | 'public' | 'platform-admin';
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  /** The body may be left out, and is then `{}`. */
  readonly bodyOptional?: boolean;
  readonly headers?: readonly HeaderName[];
  readonly replies: Readonly<Record<number, ReplySpec>>;
  /** Answers by itself over a longer time: no deadline, no reply. */
  readonly streams?: boolean;
  /**
   * Where a request that changes something is put on record: absent, as `request` in the tenant's log, by the router. `run-log`: the
   * handler itself appends to the log of a run, under the caller's name. A test holds every changing route to it.
   */
  readonly recordedIn?: 'run-log';
  /** Of the body, what may stand in the record. Never values, page text, or what could be guessed from a digest. */
  details?(body: Body): Readonly<Record<string, unknown>>;
  /** What a reading route shows of a run: put on record when the run is somebody else's. */
  reads?(call: Call<Params, Query, Body>): ContentOf;
  handle(call: Call<Params, Query, Body>): Promise<Reply | undefined>;
}

/** A route whose types were checked where it was written. */
export type Route = RouteSpec<unknown, unknown, unknown>;

/** Checks a route's types; the table holds them as one type. */
export function route<Params = Record<string, never>, Query = unknown, Body = undefined>(
  spec: RouteSpec<Params, Query, Body>,
): Route {
  return spec;
}
