import type { MessageBus } from '../../shared/bus/message-bus.ts';
import type { WebhookDelivery } from '../../shared/contracts/webhook.ts';
import type { Clock } from '../../shared/core/clock.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { StateStore } from '../../shared/state/state-store.ts';

interface WakeDeps {
  readonly store: StateStore;
  readonly bus: Pick<MessageBus, 'publish'>;
  readonly clock: Clock;
}

/** Younger ones are on their way. */
const STALE_MS = 30_000;
const PAGE = 500;

/** The backstop behind lost messages: has triggers look at each run that did not tell yet what it has to tell. Gives how many. */
export async function wakeTriggers({ store, bus, clock }: WakeDeps): Promise<number> {
  const untold = await store.query({
    collection: 'outbox',
    group: true,
    where: [{ field: 'at', op: '<=', value: new Date(clock.nowMs() - STALE_MS).toISOString() }],
    orderBy: { field: 'at', direction: 'asc' },
    limit: PAGE,
  });
  const runs = new Set(untold.map(({ path }) => path.split('/').slice(0, 4).join('/')));
  for (const run of runs) {
    const [, tenantId = '', , runId = ''] = run.split('/');
    await bus.publish({ type: 'run.changed', schemaVersion: 1, tenantId, runId });
  }
  return runs.size + (await announceDue({ store, bus, clock }));
}

/** Deliveries whose next attempt has come: each is a message of its own, so that one slow endpoint does not hold up the others. */
async function announceDue({ store, bus, clock }: WakeDeps): Promise<number> {
  const due = await store.query<WebhookDelivery>({
    collection: 'webhookDeliveries',
    group: true,
    where: [{ field: 'nextAttemptAt', op: '<=', value: clock.iso() }],
    orderBy: { field: 'nextAttemptAt', direction: 'asc' },
    limit: PAGE,
  });
  for (const { data } of due) {
    const { tenantId, deliveryId, event } = data;
    const { runId } = event.data;
    await bus.publish({ type: 'delivery.due', schemaVersion: 1, tenantId, runId, deliveryId });
  }
  return due.length;
}

/** Removes deliveries whose time is up. */
export async function forgetDeliveries({ store, clock }: Omit<WakeDeps, 'bus'>): Promise<number> {
  const old = await store.query({
    collection: 'webhookDeliveries',
    group: true,
    where: [{ field: 'purgeAt', op: '<=', value: clock.iso() }],
    orderBy: { field: 'purgeAt', direction: 'asc' },
    limit: PAGE,
  });
  for (const { path, version } of old)
    await store.commit([{ op: 'delete', path, ifVersion: version }]).catch((error: unknown) => {
      // Replayed a moment ago.
      if (!AppError.is(error, 'conflict')) throw error;
    });
  return old.length;
}
