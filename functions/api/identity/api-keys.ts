import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

import type {
  ApiKey,
  ApiKeyInfo,
  CreateApiKeyRequest,
} from '../../../shared/contracts/identity.ts';
import type { Clock } from '../../../shared/core/clock.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { randomId } from '../../../shared/core/ids.ts';
import type { Identity } from '../../../shared/policy/roles.ts';
import type { StateStore } from '../../../shared/state/state-store.ts';
import type { Stored } from '../../../shared/tenants/tenant-collection.ts';
import { TenantScope } from '../../../shared/tenants/tenant-scope.ts';

/** `rdx.{tenant}.{keyId}.{32 random bytes, base64url}`: says where to look, and can be found by scanners of leaked secrets. */
const KEY = /^rdx\.([a-z0-9][a-z0-9-]{0,39})\.(key_[0-9a-z]{20}|terminal)\.([A-Za-z0-9_-]{43})$/;
const LAST_USED_EVERY_MS = 60_000;
const TERMINAL = 'terminal';

export interface ApiKeysOptions {
  readonly store: StateStore;
  readonly clock: Clock;
  /** 32 bytes that are kept outside the store. */
  readonly pepper: Uint8Array;
  /** Secret of the person at the terminal; only the embedded platform has one. */
  readonly terminalSecret?: string;
}

export interface Issued {
  readonly key: string;
  readonly apiKey: ApiKeyInfo;
}

export function infoOf({ hmac: _secret, ...info }: ApiKey): ApiKeyInfo {
  return info;
}

export function terminalKey(tenantId: string, secret: string): string {
  return `rdx.${tenantId}.${TERMINAL}.${secret}`;
}

const unknownKey = (): AppError =>
  new AppError('unauthenticated', 'that API key is not known, or is no longer accepted');

/** API keys: stored as HMAC, shown once, rotated with an overlap. */
export class ApiKeys {
  readonly #options: ApiKeysOptions;

  constructor(options: ApiKeysOptions) {
    this.#options = options;
  }

  #hmac(secret: string): string {
    return createHmac('sha256', this.#options.pepper).update(secret).digest('hex');
  }

  #matches(secret: string, hmac: string): boolean {
    return timingSafeEqual(Buffer.from(this.#hmac(secret)), Buffer.from(hmac));
  }

  /** Errors: `unauthenticated`, in the same words whatever is wrong. */
  async verify(text: string): Promise<Identity> {
    const [, tenantId, keyId, secret] = KEY.exec(text) ?? [];
    if (tenantId === undefined || keyId === undefined || secret === undefined) throw unknownKey();
    if (keyId === TERMINAL) return this.#terminal(tenantId, secret);
    const { apiKeys } = new TenantScope(this.#options.store, tenantId);
    const found = await apiKeys.find(keyId);
    const matches = this.#matches(secret, found?.data.hmac ?? '0'.repeat(64));
    if (!found || !matches || !this.#accepted(found.data)) throw unknownKey();
    await this.#touch(found);
    const { role, principal, createdBy } = found.data;
    return { principal, kind: 'api-key', tenantId, role, createdBy, platformAdmin: false };
  }

  #terminal(tenantId: string, secret: string): Identity {
    const { terminalSecret } = this.#options;
    if (terminalSecret === undefined || !this.#matches(secret, this.#hmac(terminalSecret)))
      throw unknownKey();
    return {
      principal: 'user:local',
      kind: 'terminal',
      tenantId,
      role: 'admin',
      platformAdmin: true,
    };
  }

  #accepted({ revokedAt, expiresAt }: ApiKey): boolean {
    const now = this.#options.clock.nowMs();
    return revokedAt === undefined && (expiresAt === undefined || Date.parse(expiresAt) > now);
  }

  /** Last use by the minute: one write a minute at most, and none that a request waits for twice. */
  async #touch({ id, data, version }: Stored<ApiKey>): Promise<void> {
    const { store, clock } = this.#options;
    const last = data.lastUsedAt === undefined ? 0 : Date.parse(data.lastUsedAt);
    if (clock.nowMs() - last < LAST_USED_EVERY_MS) return;
    const { apiKeys } = new TenantScope(store, data.tenantId);
    await apiKeys
      .update(id, { ...data, lastUsedAt: clock.iso() }, version)
      .catch((error: unknown) => {
        // Another request of the same key wrote it, or the key was just changed: both are as good.
        if (!AppError.is(error, 'precondition_failed')) throw error;
      });
  }

  #make(
    tenantId: string,
    about: Pick<ApiKey, 'name' | 'role' | 'createdBy'> & Partial<ApiKey>,
  ): { key: string; data: ApiKey } {
    const keyId = randomId('key');
    const secret = randomBytes(32).toString('base64url');
    const data: ApiKey = {
      principal: `key:${keyId}`,
      ...about,
      schemaVersion: 1,
      tenantId,
      keyId,
      hmac: this.#hmac(secret),
      createdAt: this.#options.clock.iso(),
    };
    return { key: `rdx.${tenantId}.${keyId}.${secret}`, data };
  }

  async issue(who: Identity, request: CreateApiKeyRequest): Promise<Issued> {
    const { tenantId, principal } = who;
    const { name, role, expiresAt } = request;
    const about = {
      name,
      role,
      createdBy: principal,
      ...(expiresAt !== undefined && { expiresAt }),
    };
    const { key, data } = this.#make(tenantId, about);
    await new TenantScope(this.#options.store, tenantId).apiKeys.create(data.keyId, data);
    return { key, apiKey: infoOf(data) };
  }

  /** A new secret for the same principal; the old key is accepted for `overlapMs` more. Errors: `conflict` when it was replaced or revoked. */
  async rotate(who: Identity, keyId: string, overlapMs: number): Promise<Issued> {
    const { store, clock } = this.#options;
    const { apiKeys } = new TenantScope(store, who.tenantId);
    const { data: old, version } = await apiKeys.get(keyId);
    if (!this.#accepted(old) || old.replacedBy !== undefined)
      throw new AppError(
        'conflict',
        `API key ${keyId} was ${old.replacedBy === undefined ? 'revoked, or has expired' : `replaced by ${old.replacedBy}`}`,
      );
    const { name, role, principal, createdBy, expiresAt } = old;
    const kept = {
      name,
      role,
      principal,
      createdBy,
      ...(expiresAt !== undefined && { expiresAt }),
    };
    const { key, data } = this.#make(who.tenantId, kept);
    const until = clock.nowMs() + overlapMs;
    const ends = expiresAt === undefined ? until : Math.min(until, Date.parse(expiresAt));
    const ended = { ...old, replacedBy: data.keyId, expiresAt: new Date(ends).toISOString() };
    await apiKeys.update(keyId, ended, version, [
      { op: 'create', path: apiKeys.path(data.keyId), data },
    ]);
    return { key, apiKey: infoOf(data) };
  }

  async revoke(who: Identity, keyId: string): Promise<ApiKeyInfo> {
    const { store, clock } = this.#options;
    const { apiKeys } = new TenantScope(store, who.tenantId);
    const { data, version } = await apiKeys.get(keyId);
    if (data.revokedAt !== undefined) return infoOf(data);
    const revoked = await apiKeys.update(keyId, { ...data, revokedAt: clock.iso() }, version);
    return infoOf(revoked.data);
  }
}
