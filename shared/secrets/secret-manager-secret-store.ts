import type { protos } from '@google-cloud/secret-manager';
import { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { credentials } from '@grpc/grpc-js';
import { z } from 'zod';

import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';
import { crc32c } from '../core/crc32c.ts';
import { AppError } from '../core/errors.ts';
import {
  isConflict,
  isGone,
  isMissing,
  isThere,
  secretManagerError,
} from './secret-manager-errors.ts';
import { checkName, checkOrigin, checkTenant, checkValue } from './secret-rules.ts';
import type { Secret, SecretMetadata, SecretStore } from './secret-store.ts';

export interface SecretManagerSecretStoreOptions {
  readonly projectId: string;
  /** `host:port` of a stand-in that speaks the protocol without TLS. */
  readonly emulatorHost?: string;
  /** How long a value that was read is used again: what a rotation may take to arrive. 0 turns it off. */
  readonly cacheMs?: number;
  /** Versions behind the current one that are kept, for readers that are just about to fetch them. */
  readonly keepVersions?: number;
  readonly clock?: Pick<Clock, 'iso' | 'monotonicMs'>;
}

type StoredAs = protos.google.cloud.secretmanager.v1.ISecret;

/** The version that counts. Moving it is what sets a secret, and how a secret is rotated by hand. */
export const CURRENT = 'current';
const TENANT_LABEL = 'rodex-tenant';
/** The version that counts where no alias is: whoever makes a secret and its version in one go (Terraform) cannot name an alias yet. */
const VERSION_LABEL = 'rodex-version';
const NAME_LABEL = 'rodex-name';
const ORIGINS = 'rodex-origins';
const UPDATED = 'rodex-updated-at';
const Origins = z.array(z.string());
const CACHE_MS = 60_000;
const KEEP_VERSIONS = 1;
const READ_ATTEMPTS = 5;
const CONFLICT_ATTEMPTS = 25;
/** Secret Manager takes 16 KiB of annotations together. */
const MAX_ORIGINS_BYTES = 12_288;

/** What a secret of a tenant is called in Secret Manager; neither part may hold an underscore. */
export const secretId = (tenantId: string, name: string): string => `rodex_${tenantId}_${name}`;

/**
 * A tenant's secrets in Secret Manager. The value is a version; the alias `current` and the origins beside it, changed by one update,
 * say which version counts.
 */
export function openSecretManagerSecretStore(
  options: SecretManagerSecretStoreOptions,
): SecretStore & { close(): Promise<void> } {
  return new SecretManagerSecretStore(options);
}

class SecretManagerSecretStore implements SecretStore {
  readonly #client: SecretManagerServiceClient;
  readonly #projectId: string;
  readonly #cacheMs: number;
  readonly #keepVersions: number;
  readonly #clock: Pick<Clock, 'iso' | 'monotonicMs'>;
  readonly #cache = new Map<string, { secret: Secret; untilMs: number }>();

  constructor(options: SecretManagerSecretStoreOptions) {
    this.#projectId = options.projectId;
    this.#cacheMs = options.cacheMs ?? CACHE_MS;
    this.#keepVersions = options.keepVersions ?? KEEP_VERSIONS;
    this.#clock = options.clock ?? systemClock;
    this.#client = newClient(options);
  }

  async get(tenantId: string, name: string): Promise<Secret | undefined> {
    const id = this.#id(tenantId, name);
    const cached = this.#cache.get(id);
    if (cached && cached.untilMs > this.#clock.monotonicMs()) return cached.secret;
    this.#cache.delete(id);
    const secret = await this.#read(id, name);
    if (secret && this.#cacheMs > 0)
      this.#cache.set(id, { secret, untilMs: this.#clock.monotonicMs() + this.#cacheMs });
    return secret;
  }

  async set(
    tenantId: string,
    name: string,
    value: string,
    origins: readonly string[],
  ): Promise<void> {
    const id = this.#id(tenantId, name);
    checkValue(name, value);
    for (const origin of origins) checkOrigin(name, origin);
    const listed = JSON.stringify(origins);
    if (Buffer.byteLength(listed) > MAX_ORIGINS_BYTES)
      throw new AppError(
        'payload_too_large',
        `the origins of ${name} are over ${MAX_ORIGINS_BYTES} bytes together; name fewer`,
      );
    try {
      await this.#create(id, tenantId, name);
      const data = Buffer.from(value);
      const [added] = await this.#client.addSecretVersion({
        parent: this.#path(id),
        payload: { data, dataCrc32c: crc32c(data) },
      });
      const version = (added.name ?? '').split('/').at(-1) ?? '';
      const replaced = await this.#point(id, version, listed);
      this.#cache.delete(id);
      await this.#retire(id, replaced);
    } catch (error) {
      throw secretManagerError(error, `setting ${name}`);
    }
  }

  async list(tenantId: string): Promise<readonly SecretMetadata[]> {
    checkTenant(tenantId);
    try {
      const [secrets] = await this.#client.listSecrets({
        parent: `projects/${this.#projectId}`,
        filter: `labels.${TENANT_LABEL}=${tenantId}`,
      });
      return secrets
        .filter((stored) => stored.versionAliases?.[CURRENT] !== undefined)
        .map((stored) => metadataOf(stored, stored.labels?.[NAME_LABEL] ?? ''))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      throw secretManagerError(error, `listing the secrets of ${tenantId}`);
    }
  }

  async delete(tenantId: string, name: string): Promise<void> {
    const id = this.#id(tenantId, name);
    this.#cache.delete(id);
    try {
      await this.#client.deleteSecret({ name: this.#path(id) });
    } catch (error) {
      if (!isMissing(error)) throw secretManagerError(error, `removing ${name}`);
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #read(id: string, name: string): Promise<Secret | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const stored = await this.#stored(id, name);
      const version = stored?.versionAliases?.[CURRENT] ?? stored?.labels?.[VERSION_LABEL];
      if (!stored || version === undefined || version === null) return undefined;
      try {
        const [{ payload }] = await this.#client.accessSecretVersion({
          name: `${this.#path(id)}/versions/${String(version)}`,
        });
        const data = Buffer.from((payload?.data as Uint8Array | undefined) ?? []);
        const sum = payload?.dataCrc32c;
        if (sum !== undefined && sum !== null && Number(sum) !== crc32c(data)) throw corrupt(name);
        return { ...metadataOf(stored, name), value: data.toString('utf8') };
      } catch (error) {
        // Replaced between the two reads: the alias names another version by now.
        if (!isGone(error)) throw secretManagerError(error, `reading ${name}`);
        if (attempt >= READ_ATTEMPTS) throw corrupt(name);
      }
    }
  }

  async #stored(id: string, name: string): Promise<StoredAs | undefined> {
    try {
      const [stored] = await this.#client.getSecret({ name: this.#path(id) });
      return stored;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw secretManagerError(error, `looking for ${name}`);
    }
  }

  async #create(id: string, tenantId: string, name: string): Promise<void> {
    try {
      await this.#client.createSecret({
        parent: `projects/${this.#projectId}`,
        secretId: id,
        secret: {
          replication: { automatic: {} },
          labels: { [TENANT_LABEL]: tenantId, [NAME_LABEL]: name },
        },
      });
    } catch (error) {
      if (!isThere(error)) throw error;
    }
  }

  /** Points `current` to the version, together with its origins; gives the version that it pointed to. */
  async #point(id: string, version: string, origins: string): Promise<string | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const [before] = await this.#client.getSecret({ name: this.#path(id) });
      const replaced = before.versionAliases?.[CURRENT];
      // Two that set at once: the later version counts, whoever points last.
      if (Number(replaced ?? 0) > Number(version)) return version;
      try {
        await this.#client.updateSecret({
          secret: {
            name: this.#path(id),
            ...(before.etag && { etag: before.etag }),
            versionAliases: { ...before.versionAliases, [CURRENT]: Number(version) },
            annotations: {
              ...before.annotations,
              [ORIGINS]: origins,
              [UPDATED]: this.#clock.iso(),
            },
          },
          updateMask: { paths: ['version_aliases', 'annotations'] },
        });
        return replaced === undefined || replaced === null ? undefined : String(replaced);
      } catch (error) {
        // The etag is of a state that somebody else has changed since.
        if (!isConflict(error) || attempt >= CONFLICT_ATTEMPTS) throw error;
      }
    }
  }

  /** What is replaced is not left to be read by whoever may read secrets tomorrow. */
  async #retire(id: string, replaced: string | undefined): Promise<void> {
    const old = Number(replaced ?? 0) - this.#keepVersions;
    if (old < 1) return;
    await this.#client
      .destroySecretVersion({ name: `${this.#path(id)}/versions/${old}` })
      .catch((error: unknown) => {
        if (!isGone(error)) throw error;
      });
  }

  #id(tenantId: string, name: string): string {
    checkTenant(tenantId);
    checkName(name);
    return secretId(tenantId, name);
  }

  #path(id: string): string {
    return `projects/${this.#projectId}/secrets/${id}`;
  }
}

function newClient(options: SecretManagerSecretStoreOptions): SecretManagerServiceClient {
  const { projectId, emulatorHost } = options;
  if (emulatorHost === undefined) return new SecretManagerServiceClient({ projectId });
  const { hostname, port } = new URL(`http://${emulatorHost}`);
  return new SecretManagerServiceClient({
    projectId,
    apiEndpoint: hostname,
    port: Number(port),
    sslCreds: credentials.createInsecure(),
  });
}

function metadataOf(stored: StoredAs, name: string): SecretMetadata {
  let origins: unknown;
  try {
    origins = JSON.parse(stored.annotations?.[ORIGINS] ?? '[]');
  } catch {
    throw corrupt(name);
  }
  const parsed = Origins.safeParse(origins);
  if (!parsed.success) throw corrupt(name);
  return { name, origins: parsed.data, updatedAt: stored.annotations?.[UPDATED] ?? '' };
}

function corrupt(name: string): AppError {
  return new AppError(
    'store_corrupt',
    `the secret ${name} is not what was stored: its current version is gone, or it was changed by hand; set it anew`,
    { details: { name } },
  );
}
