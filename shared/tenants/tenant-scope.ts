import { ApiKey, Member } from '../contracts/identity.ts';
import { Schedule } from '../contracts/schedule.ts';
import { TaskTemplate } from '../contracts/template.ts';
import { Webhook, WebhookDelivery } from '../contracts/webhook.ts';
import type { StateStore } from '../state/state-store.ts';
import { TenantCollection, type CollectionKind } from './tenant-collection.ts';

/** The kinds of documents that a tenant has beside its runs. */
export const KINDS = {
  apiKeys: { name: 'apiKeys', schema: ApiKey, what: 'API key' },
  members: { name: 'members', schema: Member, what: 'member' },
  templates: { name: 'templates', schema: TaskTemplate, what: 'template' },
  schedules: { name: 'schedules', schema: Schedule, what: 'schedule' },
  webhooks: { name: 'webhooks', schema: Webhook, what: 'webhook' },
  webhookDeliveries: { name: 'webhookDeliveries', schema: WebhookDelivery, what: 'delivery' },
} as const;

/** Everything of one tenant that is not a run. */
export class TenantScope {
  readonly tenantId: string;
  readonly apiKeys: TenantCollection<ApiKey>;
  readonly members: TenantCollection<Member>;
  readonly templates: TenantCollection<TaskTemplate>;
  readonly schedules: TenantCollection<Schedule>;
  readonly webhooks: TenantCollection<Webhook>;
  readonly webhookDeliveries: TenantCollection<WebhookDelivery>;

  constructor(store: StateStore, tenantId: string) {
    const of = <T extends Readonly<Record<string, unknown>>>(
      kind: CollectionKind<T>,
    ): TenantCollection<T> => new TenantCollection(store, tenantId, kind);
    this.apiKeys = of<ApiKey>(KINDS.apiKeys);
    this.members = of<Member>(KINDS.members);
    this.templates = of<TaskTemplate>(KINDS.templates);
    this.schedules = of<Schedule>(KINDS.schedules);
    this.webhooks = of<Webhook>(KINDS.webhooks);
    this.webhookDeliveries = of<WebhookDelivery>(KINDS.webhookDeliveries);
    this.tenantId = this.apiKeys.tenantId;
  }
}
