import { z } from 'zod';

import {
  dayLedgerPath,
  runsPath,
  storageUsePath,
  tenantLedgerPath,
  tenantPath,
} from '../../../shared/contracts/paths.ts';
import type { Ledger } from '../../../shared/contracts/ledger.ts';
import { TenantId, type Run } from '../../../shared/contracts/run.ts';
import { SetTenantRequest, Tenant } from '../../../shared/contracts/tenant.ts';
import { Usage, type StorageUse } from '../../../shared/contracts/usage.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { OPEN } from '../../../shared/tenants/quotas.ts';
import { findTenant, tenantSettings } from '../../../shared/tenants/tenant-settings.ts';
import { assertMatches } from '../entity-tag.ts';
import { route, type Route } from '../route.ts';
import { PageQuery, pageOf } from './page-query.ts';

const TenantParams = z.strictObject({ tenantId: TenantId });
const MAX_COUNTED = 10_000;

export const TENANT_ROUTES: readonly Route[] = [
  route({
    operationId: 'listTenants',
    method: 'get',
    path: '/v1/tenants',
    tag: 'identity',
    summary: 'List tenants',
    access: 'platform-admin',
    query: PageQuery,
    replies: { 200: { description: 'A page', body: pageOf('tenants', Tenant) } },
    handle: async ({ deps, query: { limit, after } }) => {
      const documents = await deps.store.query({
        collection: 'tenants',
        limit: limit + 1,
        ...(after !== undefined && { startAfter: tenantPath(after) }),
      });
      const tenants = documents.slice(0, limit).map(({ data }) => Tenant.parse(data));
      const last = tenants.at(-1);
      const more = documents.length > limit && last;
      return { body: { tenants, ...(more && { next: last.tenantId }) } };
    },
  }),
  route({
    operationId: 'getTenant',
    method: 'get',
    path: '/v1/tenants/{tenantId}',
    tag: 'identity',
    summary: 'Read a tenant: quotas, topic and retention',
    description: 'Your own, or any as an admin of the platform.',
    access: 'tenant.manage',
    params: TenantParams,
    replies: { 200: { description: 'The tenant', body: Tenant, headers: ['etag'] } },
    handle: async ({ deps, identity, params: { tenantId } }) => {
      const found =
        tenantId === identity.tenantId || identity.platformAdmin
          ? await findTenant(deps.store, tenantId)
          : undefined;
      if (!found) throw new AppError('not_found', `there is no tenant ${tenantId}`);
      return { body: found.data, version: found.version };
    },
  }),
  route({
    operationId: 'setTenant',
    method: 'put',
    path: '/v1/tenants/{tenantId}',
    tag: 'identity',
    summary: 'Make a tenant, or set its quotas, topic and retention',
    access: 'platform-admin',
    params: TenantParams,
    body: SetTenantRequest,
    headers: ['if-match'],
    replies: {
      200: { description: 'Changed', body: Tenant, headers: ['etag'] },
      201: { description: 'Made', body: Tenant, headers: ['etag'] },
    },
    details: (body) => body,
    handle: async ({ deps, identity, params: { tenantId }, body, ifMatch }) => {
      const before = await findTenant(deps.store, tenantId);
      assertMatches(ifMatch, before?.version ?? '');
      const now = deps.clock.iso();
      // What is left out is no more.
      const { retentionDays: _days, ...kept } = before?.data ?? {};
      const data: Tenant = {
        schemaVersion: 1,
        tenantId,
        createdBy: identity.principal,
        createdAt: now,
        ...kept,
        ...body,
        updatedAt: now,
      };
      const path = tenantPath(tenantId);
      const [version = ''] = await deps.store.commit([
        before
          ? { op: 'update', path, data, ifVersion: before.version }
          : { op: 'create', path, data },
      ]);
      return { status: before ? 200 : 201, body: data, version };
    },
  }),
  route({
    operationId: 'getUsage',
    method: 'get',
    path: '/v1/usage',
    tag: 'identity',
    summary: 'What the tenant uses, beside its quotas',
    access: 'runs.read',
    replies: { 200: { description: 'Today, in total, and now', body: Usage } },
    handle: async ({ deps: { store, clock }, tenantId }) => {
      const day = clock.iso().slice(0, 10);
      const [today, total, storage, { quotas }, open] = await Promise.all([
        store.get<Ledger>(dayLedgerPath(tenantId, day)),
        store.get<Ledger>(tenantLedgerPath(tenantId)),
        store.get<StorageUse>(storageUsePath(tenantId)),
        tenantSettings(store, tenantId),
        store.query<Run>({
          collection: runsPath(tenantId),
          where: [{ field: 'status', op: 'in', value: [...OPEN] }],
          limit: MAX_COUNTED,
        }),
      ]);
      const count = (...status: Run['status'][]): number =>
        open.filter(({ data }) => status.includes(data.status)).length;
      const usage: Usage = {
        tenantId,
        day,
        ...(today && { today: today.data }),
        ...(total && { total: total.data }),
        runs: {
          queued: count('queued'),
          active: count('planning', 'acting'),
          waiting: count('waiting_human'),
        },
        storageBytes: storage?.data.bytes ?? 0,
        quotas,
      };
      return { body: usage };
    },
  }),
];
