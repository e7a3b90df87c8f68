import type { SecretStore } from '../secrets/secret-store.ts';
import { appendTenantEvent, type TenantLogDeps } from './tenant-log.ts';

/**
 * Secrets of which every change is an entry of the tenant's log: the name and where it may be typed, never the value. The entry
 * comes first: a change that nobody recorded is worse than a record of a change that failed.
 */
export function auditedSecrets(
  deps: TenantLogDeps & { readonly secrets: SecretStore },
  actor: string,
): Omit<SecretStore, 'get'> {
  const { secrets } = deps;
  return {
    list: async (tenantId) => secrets.list(tenantId),
    set: async (tenantId, name, value, origins) => {
      const rotated = (await secrets.list(tenantId)).some((known) => known.name === name);
      await appendTenantEvent(deps, tenantId, actor, {
        type: 'secret.set',
        name,
        origins: [...origins],
        rotated,
      });
      await secrets.set(tenantId, name, value, origins);
    },
    delete: async (tenantId, name) => {
      await appendTenantEvent(deps, tenantId, actor, { type: 'secret.removed', name });
      await secrets.delete(tenantId, name);
    },
  };
}
