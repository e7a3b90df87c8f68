import { appendTenantEvent, type TenantLogDeps } from '../../shared/audit/tenant-log.ts';
import { runPath } from '../../shared/contracts/paths.ts';
import type { Run } from '../../shared/contracts/run.ts';
import type { TenantEvent } from '../../shared/contracts/tenant-event.ts';
import type { ErrorCode } from '../../shared/contracts/error-code.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Identity } from '../../shared/policy/roles.ts';
import type { Call, Reply, Route } from './route.ts';

type RequestEvent = Extract<TenantEvent, { type: 'request' }>;
type AnyCall = Call<unknown, unknown, unknown>;

/** The same reading or refusal of the same principal is one entry in this time: else whoever polls or tries would fill the log. */
const ONCE_IN_MS = 600_000;
const MAX_REMEMBERED = 10_000;
/** Reads with a link: the link is all that is known of who asks. */
const BY_LINK = 'link:unknown';
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'permission_denied',
  'origin_refused',
  'scheme_refused',
]);
const CHANGES: ReadonlySet<Route['method']> = new Set(['post', 'put', 'patch', 'delete']);

export const changes = ({ method }: Pick<Route, 'method'>): boolean => CHANGES.has(method);

/** `/v1/members/ada@example.com`: names only, cut short, since whoever is refused may have written anything. */
function targetOf(route: Route, params: Readonly<Record<string, unknown>>): string {
  return route.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    // A link's token is a key to the file.
    if (name === 'token') return '{token}';
    const value = params[name];
    return typeof value === 'string' ? encodeURI(value.slice(0, 200)) : '';
  });
}

/**
 * Puts administrative access on record in the tenant's log: who, what, when, result. Changes are entered before they are begun, and
 * again with their result; content of other people's runs before it is shown; refusals when they are made. Nothing happens that cannot
 * be recorded: when the log cannot be written, the request fails.
 */
export class RequestRecord {
  readonly #deps: TenantLogDeps;
  /** Entries of one tenant are appended one by one: they follow from each other. */
  readonly #lanes = new Map<string, Promise<unknown>>();
  readonly #seen = new Map<string, number>();

  constructor(deps: TenantLogDeps) {
    this.#deps = deps;
  }

  /** Runs `check`; a refusal is recorded. */
  async judged(
    route: Route,
    identity: Identity,
    params: Readonly<Record<string, unknown>>,
    check: () => void,
  ): Promise<void> {
    try {
      check();
    } catch (error) {
      await this.#refused(route, identity, params, error);
      throw error;
    }
  }

  /** Lets the route handle the call, on record. */
  async handled(route: Route, call: AnyCall): Promise<Reply | undefined> {
    if (changes(route) && route.recordedIn === undefined) return this.#changed(route, call);
    try {
      if (route.reads && route.streams) await this.#read(route, call);
      const reply = await route.handle(call);
      if (route.reads && !route.streams) await this.#read(route, call);
      return reply;
    } catch (error) {
      await this.#refused(route, call.identity, paramsOf(call), error);
      throw error;
    }
  }

  async #changed(route: Route, call: AnyCall): Promise<Reply | undefined> {
    const { identity } = call;
    const params = paramsOf(call);
    // Who may change other tenants leaves the entry there.
    const named = route.access === 'platform-admin' ? params['tenantId'] : undefined;
    const tenantId = typeof named === 'string' ? named : identity.tenantId;
    const what = { type: 'request' as const, operation: route.operationId };
    const about = { ...what, target: targetOf(route, params) };
    const details = plainJson(route.details?.(call.body));
    const { seq: begun } = await this.#append(tenantId, identity.principal, {
      ...about,
      result: 'begun',
      ...(details && { details }),
    });
    const end = async (result: Partial<RequestEvent> & Pick<RequestEvent, 'result'>) =>
      this.#append(tenantId, identity.principal, { ...about, begun, ...result });
    let reply: Reply | undefined;
    try {
      reply = await route.handle(call);
    } catch (error) {
      const { code } = AppError.from(error);
      await end({ result: REFUSALS.has(code) ? 'refused' : 'failed', code });
      throw error;
    }
    const made = reply?.headers?.['location'];
    await end({ result: 'done', ...(made !== undefined && { made }) });
    return reply;
  }

  async #read(route: Route, call: AnyCall): Promise<void> {
    const content = route.reads?.(call);
    if (!content) return;
    const { tenantId, runId } = content;
    const who = route.access === 'public' ? BY_LINK : call.identity.principal;
    const target = targetOf(route, paramsOf(call));
    const key = JSON.stringify([tenantId, who, route.operationId, runId, target]);
    if (!this.#isNew(key)) return;
    const run = await this.#deps.store.get<Run>(runPath(tenantId, runId));
    // One's own run is no secret from oneself; and where there is none there was nothing to read.
    if (run && run.data.requestedBy !== who)
      await this.#append(tenantId, who, {
        type: 'request',
        operation: route.operationId,
        target: route.access === 'public' ? `/v1/runs/${runId} by a link` : target,
        result: 'done',
      });
    this.#remember(key);
  }

  /** Of what goes wrong, only what was refused to somebody: a name that does not exist is no event. */
  async #refused(
    route: Route,
    { tenantId, principal }: Identity,
    params: Readonly<Record<string, unknown>>,
    error: unknown,
  ): Promise<void> {
    const { code } = AppError.from(error);
    if (!REFUSALS.has(code)) return;
    const target = targetOf(route, params);
    const key = JSON.stringify([tenantId, principal, route.operationId, target, 'refused']);
    if (!this.#isNew(key)) return;
    await this.#append(tenantId, principal, {
      type: 'request',
      operation: route.operationId,
      target,
      result: 'refused',
      code,
    });
    this.#remember(key);
  }

  #isNew(key: string): boolean {
    const at = this.#seen.get(key);
    return at === undefined || this.#deps.clock.nowMs() - at >= ONCE_IN_MS;
  }

  /** After the entry was written: two at once are two entries rather than none. */
  #remember(key: string): void {
    this.#seen.delete(key);
    this.#seen.set(key, this.#deps.clock.nowMs());
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > MAX_REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
  }

  async #append(tenantId: string, actor: string, event: RequestEvent) {
    const before = this.#lanes.get(tenantId) ?? Promise.resolve();
    const entry = before.then(async () => appendTenantEvent(this.#deps, tenantId, actor, event));
    // Whoever asked is told of a failure; the next one tries for itself.
    const over = entry.then(
      () => undefined,
      () => undefined,
    );
    this.#lanes.set(tenantId, over);
    const result = await entry;
    if (this.#lanes.get(tenantId) === over) this.#lanes.delete(tenantId);
    return result;
  }
}

/** As the store keeps it: the hash is over exactly that. */
function plainJson(value: Readonly<Record<string, unknown>> | undefined): RequestEvent['details'] {
  return value && (JSON.parse(JSON.stringify(value)) as RequestEvent['details']);
}

const paramsOf = ({ params }: AnyCall): Readonly<Record<string, unknown>> =>
  params as Readonly<Record<string, unknown>>;
