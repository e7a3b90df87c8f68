import { z } from 'zod';

import { TenantId } from './run.ts';

/** What a person or program may do in a tenant; `shared/policy/roles.ts` is the table. */
export const Role = z.enum(['viewer', 'operator', 'builder', 'approver', 'auditor', 'admin']);
export type Role = z.infer<typeof Role>;

/** Names the log's actor: `user:ada@example.com`, `service:…`, `key:k…`, and `user:local` for the person at the terminal. */
export const Principal = z.string().regex(/^(user|service|key):[\x21-\x7e]{1,300}$/);

export const ApiKeyId = z.string().regex(/^key_[0-9a-z]{20}$/, 'a key id: key_ and 20 characters');

/**
 * An API key as it is stored, at `tenants/{t}/apiKeys/{keyId}`: never its secret, only HMAC-SHA-256(pepper, secret).
 * `principal` stays the same through rotations, so that a new key is nobody new.
 */
export const ApiKey = z.strictObject({
  schemaVersion: z.literal(1),
  tenantId: TenantId,
  keyId: ApiKeyId,
  name: z.string().min(1).max(100),
  role: Role,
  principal: Principal,
  hmac: z.string().regex(/^[0-9a-f]{64}$/),
  createdBy: Principal,
  createdAt: z.iso.datetime(),
  /** No longer accepted from then on. */
  expiresAt: z.iso.datetime().optional(),
  /** By the minute. */
  lastUsedAt: z.iso.datetime().optional(),
  revokedAt: z.iso.datetime().optional(),
  /** The key that takes its place. */
  replacedBy: ApiKeyId.optional(),
});
export type ApiKey = z.infer<typeof ApiKey>;

/** What is shown of a key. */
export const ApiKeyInfo = ApiKey.omit({ hmac: true });
export type ApiKeyInfo = z.infer<typeof ApiKeyInfo>;

/** Body of `POST /v1/api-keys`. */
export const CreateApiKeyRequest = z.strictObject({
  name: z.string().trim().min(1).max(100),
  role: Role,
  expiresAt: z.iso.datetime().optional(),
});
export type CreateApiKeyRequest = z.infer<typeof CreateApiKeyRequest>;

/** Body of `POST /v1/api-keys/{keyId}/rotate`: how long the old key is accepted beside the new one. */
export const RotateApiKeyRequest = z.strictObject({
  overlapMs: z
    .int()
    .min(0)
    .max(30 * 86_400_000)
    .default(86_400_000),
});

/** The one answer that holds the key itself. */
export const IssuedApiKey = z.strictObject({
  key: z.string().describe('shown once; send it as `Authorization: Bearer …`'),
  apiKey: ApiKeyInfo,
});
export type IssuedApiKey = z.infer<typeof IssuedApiKey>;

export const MemberEmail = z
  .email()
  .max(254)
  .transform((text) => text.toLowerCase());

/** A person or service account with a role in a tenant, at `tenants/{t}/members/{email}`. */
export const Member = z.strictObject({
  schemaVersion: z.literal(1),
  tenantId: TenantId,
  email: z.string(),
  role: Role,
  addedBy: Principal,
  addedAt: z.iso.datetime(),
});
export type Member = z.infer<typeof Member>;

/** Body of `PUT /v1/members/{email}`. */
export const SetMemberRequest = z.strictObject({ role: Role });

/** Body of `GET /v1/me`. */
export const WhoAmI = z.strictObject({
  principal: Principal,
  kind: z.enum(['terminal', 'person', 'service', 'api-key']),
  tenantId: TenantId,
  role: Role,
  permissions: z.array(z.string()),
  /** May make tenants and set their quotas. */
  platformAdmin: z.boolean(),
});
export type WhoAmI = z.infer<typeof WhoAmI>;
