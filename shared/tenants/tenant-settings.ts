import { tenantPath } from '../contracts/paths.ts';
import { Quotas, RunTopic, Tenant } from '../contracts/tenant.ts';
import { AppError } from '../core/errors.ts';
import type { StateStore } from '../state/state-store.ts';

export type TenantSettings = Pick<Tenant, 'quotas' | 'runTopic' | 'webhooks'>;

const NONE: TenantSettings = {
  quotas: Quotas.parse({}),
  runTopic: RunTopic.parse({}),
};

export async function findTenant(
  store: StateStore,
  tenantId: string,
): Promise<{ data: Tenant; version: string } | undefined> {
  const document = await store.get(tenantPath(tenantId));
  if (!document) return undefined;
  const parsed = Tenant.safeParse(document.data);
  if (!parsed.success || parsed.data.tenantId !== tenantId)
    throw new AppError('store_corrupt', `the tenant ${tenantId} does not satisfy its contract`, {
      cause: parsed.error,
    });
  return { data: parsed.data, version: document.version };
}

/** Quotas and topic of a tenant; one without a document has none. */
export async function tenantSettings(store: StateStore, tenantId: string): Promise<TenantSettings> {
  return (await findTenant(store, tenantId))?.data ?? NONE;
}
