import { z } from 'zod';

import {
  ApiKeyId,
  ApiKeyInfo,
  CreateApiKeyRequest,
  IssuedApiKey,
  Member,
  MemberEmail,
  RotateApiKeyRequest,
  SetMemberRequest,
  WhoAmI,
} from '../../../shared/contracts/identity.ts';
import { ROLES } from '../../../shared/policy/roles.ts';
import { TenantScope } from '../../../shared/tenants/tenant-scope.ts';
import { assertMatches } from '../entity-tag.ts';
import { infoOf } from '../identity/api-keys.ts';
import { route, type Route } from '../route.ts';
import { limitOf } from './run-parameters.ts';

const KeyParams = z.strictObject({ keyId: ApiKeyId });
const MemberParams = z.strictObject({ email: MemberEmail });
const pageQuery = z.strictObject({
  limit: limitOf(50),
  after: z.string().max(300).optional().describe('`next` of the page before'),
});

export const IDENTITY_ROUTES: readonly Route[] = [
  route({
    operationId: 'whoAmI',
    method: 'get',
    path: '/v1/me',
    tag: 'identity',
    summary: 'Who you are here, and what you may do',
    access: 'signed-in',
    replies: { 200: { description: 'You', body: WhoAmI } },
    handle: async ({ identity: { principal, kind, tenantId, role, platformAdmin } }) => ({
      body: { principal, kind, tenantId, role, permissions: ROLES[role], platformAdmin },
    }),
  }),
  route({
    operationId: 'createApiKey',
    method: 'post',
    path: '/v1/api-keys',
    tag: 'identity',
    summary: 'Make an API key',
    description: 'The answer holds the key; it is not kept and cannot be shown again.',
    access: 'tenant.manage',
    body: CreateApiKeyRequest,
    replies: { 201: { description: 'The key, once', body: IssuedApiKey, headers: ['location'] } },
    details: ({ name, role, expiresAt }) => ({
      name,
      role,
      ...(expiresAt !== undefined && { expiresAt }),
    }),
    handle: async ({ deps, identity, body }) => {
      const issued = await deps.apiKeys.issue(identity, body);
      const headers = { location: `/v1/api-keys/${issued.apiKey.keyId}` };
      return { status: 201, body: issued, headers };
    },
  }),
  route({
    operationId: 'listApiKeys',
    method: 'get',
    path: '/v1/api-keys',
    tag: 'identity',
    summary: 'List API keys',
    access: 'tenant.manage',
    query: pageQuery,
    replies: {
      200: {
        description: 'A page',
        body: z.strictObject({ apiKeys: z.array(ApiKeyInfo), next: z.string().optional() }),
      },
    },
    handle: async ({ deps, tenantId, query }) => {
      const { items, next } = await new TenantScope(deps.store, tenantId).apiKeys.page(query);
      const apiKeys = items.map(({ data }) => infoOf(data));
      return { body: { apiKeys, ...(next !== undefined && { next }) } };
    },
  }),
  route({
    operationId: 'getApiKey',
    method: 'get',
    path: '/v1/api-keys/{keyId}',
    tag: 'identity',
    summary: 'Read what is known of an API key',
    access: 'tenant.manage',
    params: KeyParams,
    replies: { 200: { description: 'The key, without its secret', body: ApiKeyInfo } },
    handle: async ({ deps, tenantId, params }) => {
      const { data, version } = await new TenantScope(deps.store, tenantId).apiKeys.get(
        params.keyId,
      );
      return { body: infoOf(data), version };
    },
  }),
  route({
    operationId: 'rotateApiKey',
    method: 'post',
    path: '/v1/api-keys/{keyId}/rotate',
    tag: 'identity',
    summary: 'Replace an API key',
    description: 'The new key is the same principal; the old one is accepted for `overlapMs` more.',
    access: 'tenant.manage',
    params: KeyParams,
    body: RotateApiKeyRequest,
    bodyOptional: true,
    replies: {
      201: { description: 'The new key, once', body: IssuedApiKey, headers: ['location'] },
    },
    details: ({ overlapMs }) => ({ overlapMs }),
    handle: async ({ deps, identity, params, body }) => {
      const issued = await deps.apiKeys.rotate(identity, params.keyId, body.overlapMs);
      const headers = { location: `/v1/api-keys/${issued.apiKey.keyId}` };
      return { status: 201, body: issued, headers };
    },
  }),
  route({
    operationId: 'revokeApiKey',
    method: 'delete',
    path: '/v1/api-keys/{keyId}',
    tag: 'identity',
    summary: 'Revoke an API key, at once and for ever',
    access: 'tenant.manage',
    params: KeyParams,
    replies: { 200: { description: 'The key, revoked', body: ApiKeyInfo } },
    handle: async ({ deps, identity, params }) => ({
      body: await deps.apiKeys.revoke(identity, params.keyId),
    }),
  }),
  route({
    operationId: 'listMembers',
    method: 'get',
    path: '/v1/members',
    tag: 'identity',
    summary: 'List people and service accounts of the tenant',
    access: 'tenant.manage',
    query: pageQuery,
    replies: {
      200: {
        description: 'A page',
        body: z.strictObject({ members: z.array(Member), next: z.string().optional() }),
      },
    },
    handle: async ({ deps, tenantId, query }) => {
      const { items, next } = await new TenantScope(deps.store, tenantId).members.page(query);
      const members = items.map(({ data }) => data);
      return { body: { members, ...(next !== undefined && { next }) } };
    },
  }),
  route({
    operationId: 'setMember',
    method: 'put',
    path: '/v1/members/{email}',
    tag: 'identity',
    summary: 'Give somebody a role in the tenant',
    access: 'tenant.manage',
    params: MemberParams,
    body: SetMemberRequest,
    headers: ['if-match'],
    replies: {
      200: { description: 'Their role was changed', body: Member, headers: ['etag'] },
      201: { description: 'They are a member now', body: Member, headers: ['etag'] },
    },
    details: ({ role }) => ({ role }),
    handle: async ({ deps, identity, tenantId, params: { email }, body, ifMatch }) => {
      const { members } = new TenantScope(deps.store, tenantId);
      const member: Member = {
        schemaVersion: 1,
        tenantId,
        email,
        role: body.role,
        addedBy: identity.principal,
        addedAt: deps.clock.iso(),
      };
      const before = await members.find(email);
      assertMatches(ifMatch, before?.version ?? '');
      const { data, version } = before
        ? await members.update(email, { ...before.data, role: body.role }, before.version)
        : await members.create(email, member);
      return { status: before ? 200 : 201, body: data, version };
    },
  }),
  route({
    operationId: 'removeMember',
    method: 'delete',
    path: '/v1/members/{email}',
    tag: 'identity',
    summary: 'Take somebody out of the tenant',
    access: 'tenant.manage',
    params: MemberParams,
    headers: ['if-match'],
    replies: { 204: { description: 'They are no member any more' } },
    handle: async ({ deps, tenantId, params, ifMatch }) => {
      const { members } = new TenantScope(deps.store, tenantId);
      const { version } = await members.get(params.email);
      assertMatches(ifMatch, version);
      await members.delete(params.email, version);
      return { status: 204 };
    },
  }),
];
