import type { Request } from 'express';

import { TenantId } from '../../../shared/contracts/run.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { Identity } from '../../../shared/policy/roles.ts';
import type { StateStore } from '../../../shared/state/state-store.ts';
import { TenantScope } from '../../../shared/tenants/tenant-scope.ts';
import type { ApiKeys } from './api-keys.ts';
import type { OidcVerifier } from './oidc.ts';

export const TENANT_HEADER = 'rodex-tenant';

export interface AuthenticatorOptions {
  readonly store: StateStore;
  readonly apiKeys: ApiKeys;
  /** Absent: no identity tokens are taken. */
  readonly oidc?: OidcVerifier;
  /** The tenant of a person who names none. */
  readonly tenantId: string;
  /** E-mails that are admins everywhere and may make tenants: how a deployment begins. */
  readonly platformAdmins: readonly string[];
}

export type Authenticator = (request: Request) => Promise<Identity>;

/**
 * From `Authorization: Bearer …` alone: an API key, or a Google ID token. Nothing in the query string, a cookie or an `X-` header says
 * who somebody is. Errors: `unauthenticated`, `permission_denied` for a person who is no member of the tenant.
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  return async (request) => {
    const header = request.get('authorization');
    if (header === undefined)
      throw new AppError(
        'unauthenticated',
        'send Authorization: Bearer KEY; an embedded platform keeps its key in api.key of the data directory',
      );
    const [, token] = /^Bearer ([\x21-\x7e]{1,8192})$/i.exec(header) ?? [];
    if (token === undefined)
      throw new AppError(
        'unauthenticated',
        'Authorization: send Bearer and an API key or ID token',
      );
    const named = namedTenant(request);
    if (token.startsWith('rdx.')) {
      const identity = await options.apiKeys.verify(token);
      if (named === undefined || named === identity.tenantId) return identity;
      if (identity.kind === 'terminal') return { ...identity, tenantId: named };
      throw new AppError('permission_denied', `that API key is not of the tenant ${named}`);
    }
    if (!options.oidc)
      throw new AppError('unauthenticated', 'this platform takes API keys only, no ID tokens');
    const { email, kind } = await options.oidc(token);
    const tenantId = named ?? options.tenantId;
    const principal = `${kind === 'service' ? 'service' : 'user'}:${email}`;
    if (options.platformAdmins.includes(email))
      return { principal, kind, tenantId, role: 'admin', platformAdmin: true };
    const member = await new TenantScope(options.store, tenantId).members.find(email);
    if (!member)
      throw new AppError('permission_denied', `${email} is no member of the tenant ${tenantId}`);
    return { principal, kind, tenantId, role: member.data.role, platformAdmin: false };
  };
}

function namedTenant(request: Request): string | undefined {
  const named = request.get(TENANT_HEADER);
  if (named === undefined) return undefined;
  const parsed = TenantId.safeParse(named);
  if (!parsed.success)
    throw new AppError('invalid_request', 'Rodex-Tenant: lower-case letters, digits and dashes');
  return parsed.data;
}
