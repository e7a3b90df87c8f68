import type { MessageBus } from '../../shared/bus/message-bus.ts';
import { outboxPath } from '../../shared/contracts/paths.ts';
import { OutboxEvent, type RunEvent } from '../../shared/contracts/run-event.ts';
import {
  MAX_WEBHOOKS,
  type Webhook,
  type WebhookDelivery,
} from '../../shared/contracts/webhook.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import { deterministicId } from '../../shared/core/ids.ts';
import type { Logger } from '../../shared/core/logger.ts';
import type { StateStore, StoredDocument, Write } from '../../shared/state/state-store.ts';
import { TenantScope } from '../../shared/tenants/tenant-scope.ts';
import { letterOf } from './cloud-events.ts';

export const EVENTS_TOPIC = 'rodex-events';

export interface TellDeps {
  readonly store: StateStore;
  readonly bus: Pick<MessageBus, 'send' | 'publish'>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
}

const PAGE = 100;

/**
 * Tells what a run still has to tell, in order: each event goes out at least once under its id, and is struck off together with the
 * creation of its webhook deliveries. Whoever is killed between the two tells it again; of two that tell at once one strikes it off.
 */
export async function tellRun(deps: TellDeps, tenantId: string, runId: string): Promise<number> {
  let told = 0;
  for (;;) {
    const waiting = await deps.store.query({
      collection: outboxPath(tenantId, runId),
      limit: PAGE,
    });
    if (waiting.length === 0) return told;
    const { items } = await new TenantScope(deps.store, tenantId).webhooks.page({
      limit: MAX_WEBHOOKS,
    });
    const webhooks = items.map(({ data }) => data).filter(({ enabled }) => enabled);
    for (const document of waiting) {
      await tell(deps, document, webhooks);
      told += 1;
    }
    if (waiting.length < PAGE) return told;
  }
}

async function tell(
  deps: TellDeps,
  document: StoredDocument,
  webhooks: readonly Webhook[],
): Promise<void> {
  const { store, bus, clock, log } = deps;
  const { event, tenantId, runId } = OutboxEvent.parse(document.data);
  await bus.send(letterOf(EVENTS_TOPIC, event, { tenantId, runId }));
  const deliveries = webhooks
    .filter(({ events }) => events.includes(event.type))
    .map((webhook) => deliveryOf(webhook, event, clock.iso()));
  const scope = new TenantScope(store, tenantId).webhookDeliveries;
  try {
    await store.commit([
      { op: 'delete', path: document.path, ifVersion: document.version },
      ...deliveries.map((data): Write => ({
        op: 'create',
        path: scope.path(data.deliveryId),
        data,
      })),
    ]);
  } catch (error) {
    // Somebody else told it meanwhile, and made its deliveries.
    if (AppError.is(error, 'conflict')) return;
    throw error;
  }
  for (const { deliveryId } of deliveries)
    await bus
      .publish({ type: 'delivery.due', schemaVersion: 1, tenantId, runId, deliveryId })
      .catch((error: unknown) => {
        // It stands in the store: the next tick finds it.
        log.warn('a due delivery was not announced', {
          deliveryId,
          error: AppError.from(error).message,
        });
      });
}

/** The id follows from the event and the webhook: there is one, however often the event is told. */
function deliveryOf(
  { tenantId, webhookId }: Webhook,
  event: RunEvent,
  now: string,
): WebhookDelivery {
  return {
    schemaVersion: 1,
    tenantId,
    deliveryId: deterministicId('whd', tenantId, webhookId, event.source, event.id),
    webhookId,
    event,
    status: 'pending',
    attempts: 0,
    nextAttemptAt: now,
    createdAt: now,
    updatedAt: now,
  };
}
