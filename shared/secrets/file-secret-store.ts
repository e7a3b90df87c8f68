import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';
import { canonicalJson } from '../core/digest.ts';
import {
  fileError,
  makePrivateFolder,
  syncFolder,
  writeFileDurably,
} from '../core/durable-file.ts';
import { AppError } from '../core/errors.ts';
import { MasterKey } from '../core/master-key.ts';
import { checkName, checkOrigin, checkTenant, checkValue, SecretName } from './secret-rules.ts';
import type { Secret, SecretMetadata, SecretStore } from './secret-store.ts';

export interface FileSecretStoreOptions {
  /** Holds `master.key` and a folder per tenant; made, for this user alone, when it does not exist. */
  readonly dir: string;
  readonly clock?: Pick<Clock, 'iso'>;
}

/** A secret at rest. Everything in the clear is authenticated together with the value. */
const StoredSecret = z.strictObject({
  schemaVersion: z.literal(1),
  tenantId: z.string(),
  name: z.string(),
  version: z.int().min(1),
  origins: z.array(z.string()),
  updatedAt: z.string(),
  nonce: z.base64(),
  sealed: z.base64(),
  tag: z.base64(),
});
type StoredSecret = z.infer<typeof StoredSecret>;
type Clear = Omit<StoredSecret, 'nonce' | 'sealed' | 'tag'>;

/**
 * Secrets as one file each, AES-256-GCM under a key derived from `dir/master.key`. Whoever can write the folder can still put an
 * older file back: that is not noticed.
 */
export function openFileSecretStore(options: FileSecretStoreOptions): SecretStore {
  return new FileSecretStore(options);
}

class FileSecretStore implements SecretStore {
  readonly #dir: string;
  readonly #clock: Pick<Clock, 'iso'>;
  readonly #key: Uint8Array;

  constructor({ dir, clock = systemClock }: FileSecretStoreOptions) {
    this.#dir = dir;
    this.#clock = clock;
    const master = MasterKey.open(join(dir, 'master.key'), { mayCreate: !holdsSecrets(dir) });
    this.#key = master.derive('secrets v1');
  }

  async get(tenantId: string, name: string): Promise<Secret | undefined> {
    const file = this.#file(tenantId, name);
    const stored = await this.#read(file, tenantId, name);
    if (!stored) return undefined;
    const { origins, updatedAt } = stored;
    return { name, origins, updatedAt, value: this.#unseal(file, stored) };
  }

  async set(
    tenantId: string,
    name: string,
    value: string,
    origins: readonly string[],
  ): Promise<void> {
    const file = this.#file(tenantId, name);
    checkValue(name, value);
    for (const origin of origins) checkOrigin(name, origin);
    // A file that cannot be read is no reason not to set the secret anew.
    const before = await this.#read(file, tenantId, name).catch(() => undefined);
    const clear: Clear = {
      schemaVersion: 1,
      tenantId,
      name,
      version: (before?.version ?? 0) + 1,
      origins: [...origins],
      updatedAt: this.#clock.iso(),
    };
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    cipher.setAAD(Buffer.from(canonicalJson(clear)));
    const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
    const stored: StoredSecret = {
      ...clear,
      nonce: nonce.toString('base64'),
      sealed: sealed.toString('base64'),
      tag: cipher.getAuthTag().toString('base64'),
    };
    try {
      await makePrivateFolder(join(this.#dir, tenantId));
      await writeFileDurably(file, JSON.stringify(stored));
    } catch (error) {
      throw fileError(error, file);
    }
  }

  async list(tenantId: string): Promise<readonly SecretMetadata[]> {
    const folder = this.#folder(tenantId);
    const files = await readdir(folder).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw fileError(error, folder);
    });
    const names = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -5));
    const found: SecretMetadata[] = [];
    for (const name of names.toSorted()) {
      const secret = SecretName.safeParse(name).success
        ? await this.get(tenantId, name)
        : undefined;
      if (!secret) continue;
      const { origins, updatedAt } = secret;
      found.push({ name, origins, updatedAt });
    }
    return found;
  }

  async delete(tenantId: string, name: string): Promise<void> {
    const file = this.#file(tenantId, name);
    try {
      await rm(file);
      await syncFolder(this.#folder(tenantId));
    } catch (error) {
      if (!isMissing(error)) throw fileError(error, file);
    }
  }

  #folder(tenantId: string): string {
    checkTenant(tenantId);
    return join(this.#dir, tenantId);
  }

  #file(tenantId: string, name: string): string {
    checkName(name);
    return join(this.#folder(tenantId), `${name}.json`);
  }

  async #read(file: string, tenantId: string, name: string): Promise<StoredSecret | undefined> {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw fileError(error, file);
    }
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw corrupt(file);
    }
    const parsed = StoredSecret.safeParse(json);
    if (!parsed.success) {
      const version = (json as { schemaVersion?: unknown } | null)?.schemaVersion;
      if (typeof version === 'number' && version > 1) {
        throw new AppError('newer_version', `${file} was written by a newer Rodex: upgrade Rodex`);
      }
      throw corrupt(file);
    }
    if (parsed.data.tenantId !== tenantId || parsed.data.name !== name) throw corrupt(file);
    return parsed.data;
  }

  #unseal(file: string, { nonce, sealed, tag, ...clear }: StoredSecret): string {
    try {
      const options = { authTagLength: 16 };
      const iv = Buffer.from(nonce, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', this.#key, iv, options);
      decipher.setAAD(Buffer.from(canonicalJson(clear)));
      decipher.setAuthTag(Buffer.from(tag, 'base64'));
      const value = Buffer.concat([decipher.update(sealed, 'base64'), decipher.final()]);
      return value.toString('utf8');
    } catch {
      throw corrupt(file);
    }
  }
}

function holdsSecrets(dir: string): boolean {
  try {
    return readdirSync(dir, { withFileTypes: true }).some((entry) => entry.isDirectory());
  } catch {
    return false;
  }
}

function corrupt(file: string): AppError {
  return new AppError(
    'store_corrupt',
    `the secret in ${file} does not decrypt: it was changed, or belongs to another master.key; set it anew`,
    { details: { file } },
  );
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';
}
