import { appendTenantEvent } from '../../shared/audit/tenant-log.ts';
import type { RunVault } from '../../shared/audit/run-vault.ts';
import { backoffMs } from '../../shared/bus/delivery-rules.ts';
import type { Webhook, WebhookDelivery } from '../../shared/contracts/webhook.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Logger } from '../../shared/core/logger.ts';
import type { WebhookRule } from '../../shared/policy/webhook-target.ts';
import type { StateStore } from '../../shared/state/state-store.ts';
import type { Stored } from '../../shared/tenants/tenant-collection.ts';
import { TenantScope } from '../../shared/tenants/tenant-scope.ts';
import { tenantSettings } from '../../shared/tenants/tenant-settings.ts';
import { signatureHeaders, WEBHOOK_KEY } from '../../shared/tenants/webhook-signature.ts';
import { CLOUD_EVENT } from './cloud-events.ts';
import { postPinned, type Posted, type PostOptions } from './post-pinned.ts';

export interface DeliverDeps {
  readonly store: StateStore;
  readonly vault: RunVault;
  readonly clock: Clock;
  readonly log: Logger;
  readonly derive: (purpose: string) => Promise<Uint8Array>;
  readonly webhookRule: WebhookRule;
  readonly post?: Pick<PostOptions, 'resolve' | 'judge'>;
  readonly timeoutMs?: number;
}

/** After these it is dead: over about a day. */
export const MAX_ATTEMPTS = 12;
const BACKOFF = { minMs: 60_000, maxMs: 12 * 3_600_000 };
const MAX_RETRY_AFTER_MS = 3_600_000;
const TIMEOUT_MS = 15_000;
/** Longer than an attempt: whoever was killed in one is followed by the next. */
const CLAIM_MS = 60_000;
const KEPT_MS = 30 * 86_400_000;

/**
 * One attempt of a delivery that is due. It is counted before it is sent, so a process that dies in it costs an attempt and nothing
 * else; of several that try at once one sends. The outcome and the time of the next attempt stand in the store.
 */
export async function deliver(
  deps: DeliverDeps,
  tenantId: string,
  deliveryId: string,
): Promise<void> {
  const { webhookDeliveries, webhooks } = new TenantScope(deps.store, tenantId);
  const found = await webhookDeliveries.find(deliveryId);
  if (!found || !isDue(found.data, deps.clock.nowMs())) return;
  const webhook = await webhooks.find(found.data.webhookId);
  const claimed = await unlessChanged(async () =>
    webhookDeliveries.update(
      deliveryId,
      {
        ...found.data,
        attempts: found.data.attempts + 1,
        nextAttemptAt: at(deps.clock.nowMs() + CLAIM_MS),
        updatedAt: deps.clock.iso(),
      },
      found.version,
    ),
  );
  if (!claimed) return;
  const startedAt = deps.clock.iso();
  const startedMs = deps.clock.monotonicMs();
  const posted = await post(deps, webhook?.data, claimed.data);
  const attempt = {
    at: startedAt,
    ms: Math.round(deps.clock.monotonicMs() - startedMs),
    ...(posted.status !== undefined && { status: posted.status }),
    ...(posted.error !== undefined && { error: posted.error.slice(0, 300) }),
    ...(posted.response !== undefined && { response: posted.response }),
  };
  const { nextAttemptAt: _claim, ...rest } = claimed.data;
  const next = nextOf(deps, claimed.data, posted);
  const data: WebhookDelivery = {
    ...rest,
    ...next,
    lastAttempt: attempt,
    updatedAt: deps.clock.iso(),
  };
  await unlessChanged(async () => webhookDeliveries.update(deliveryId, data, claimed.version));
  const { status, attempts } = data;
  deps.log.info('a webhook was tried', { tenantId, deliveryId, status, attempts, ...attempt });
  if (posted.status === 410 && webhook) await turnOff(deps, webhook);
}

const at = (ms: number): string => new Date(ms).toISOString();

function isDue({ status, nextAttemptAt }: WebhookDelivery, nowMs: number): boolean {
  return status === 'pending' && Date.parse(nextAttemptAt ?? '') <= nowMs;
}

function nextOf(
  { clock }: DeliverDeps,
  { attempts }: WebhookDelivery,
  posted: Posted,
): Pick<WebhookDelivery, 'status' | 'nextAttemptAt' | 'purgeAt'> {
  const now = clock.nowMs();
  const purgeAt = at(now + KEPT_MS);
  if (posted.error === undefined) return { status: 'delivered', purgeAt };
  // Gone, or nowhere to send to: trying again changes nothing.
  const hopeless = posted.status === 410 || posted === NOWHERE;
  if (hopeless || attempts >= MAX_ATTEMPTS) return { status: 'dead', purgeAt };
  const asked = Math.min(posted.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
  return {
    status: 'pending',
    nextAttemptAt: at(now + Math.max(backoffMs(BACKOFF, attempts), asked)),
  };
}

const NOWHERE: Posted = { error: 'the webhook was removed or turned off' };

async function post(
  deps: DeliverDeps,
  webhook: Webhook | undefined,
  { event, tenantId, deliveryId }: WebhookDelivery,
): Promise<Posted> {
  if (!webhook?.enabled) return NOWHERE;
  const { webhooks } = await tenantSettings(deps.store, tenantId);
  let target;
  try {
    target = deps.webhookRule(webhook.url, webhooks?.privateHosts ?? []);
  } catch (error) {
    // What was allowed when it was made need not be now.
    return { error: AppError.from(error).message };
  }
  const body = JSON.stringify(event);
  const signed = signatureHeaders(await deps.derive(WEBHOOK_KEY), webhook, {
    id: event.id,
    body,
    nowMs: deps.clock.nowMs(),
  });
  const headers = {
    'content-type': `${CLOUD_EVENT}; charset=utf-8`,
    'user-agent': 'rodex-webhooks/1',
    ...signed,
  };
  return postPinned(webhook.url, target, headers, body, {
    ...deps.post,
    timeoutMs: deps.timeoutMs ?? TIMEOUT_MS,
    onRefusal: (detail) =>
      deps.log.warn('the address of a webhook is refused', { tenantId, deliveryId, detail }),
  });
}

/** An endpoint that says it is gone is sent nothing more until somebody turns it on again. */
async function turnOff(deps: DeliverDeps, { data, version }: Stored<Webhook>): Promise<void> {
  const { tenantId, webhookId, url } = data;
  const { webhooks } = new TenantScope(deps.store, tenantId);
  const off = { ...data, enabled: false, updatedAt: deps.clock.iso() };
  if (!(await unlessChanged(async () => webhooks.update(webhookId, off, version)))) return;
  const { origin } = new URL(url);
  await appendTenantEvent(deps, tenantId, 'triggers', {
    type: 'webhook.changed',
    webhookId,
    what: 'gone',
    origin,
  });
}

/** Undefined when somebody else was first: a rival, or a person who replayed or changed it. */
async function unlessChanged<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (AppError.is(error, 'precondition_failed')) return undefined;
    throw error;
  }
}
