import { hkdfSync, randomBytes } from 'node:crypto';

import { AppError } from '../core/errors.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import { PLATFORM_TENANT, SECRETS } from './gcp-topology.ts';

const KEY_BYTES = 32;

/** The platform's master key in the secret store; other keys are derived from it by purpose. */
export class PlatformKey {
  readonly #secrets: SecretStore;
  readonly #mayCreate: boolean;
  #master: Promise<Uint8Array> | undefined;

  constructor(secrets: SecretStore, options: { mayCreate: boolean }) {
    this.#secrets = secrets;
    this.#mayCreate = options.mayCreate;
  }

  /** Errors: `invalid_config` when there is no key and none may be made; `store_corrupt` when it is no key. */
  async derive(purpose: string): Promise<Uint8Array> {
    this.#master ??= this.#read();
    try {
      return new Uint8Array(hkdfSync('sha256', await this.#master, '', purpose, KEY_BYTES));
    } catch (error) {
      this.#master = undefined;
      throw error;
    }
  }

  async #read(): Promise<Uint8Array> {
    const name = SECRETS.masterKey;
    let secret = await this.#secrets.get(PLATFORM_TENANT, name);
    if (!secret && this.#mayCreate) {
      await this.#secrets.set(PLATFORM_TENANT, name, randomBytes(KEY_BYTES).toString('base64'), []);
      secret = await this.#secrets.get(PLATFORM_TENANT, name);
    }
    if (!secret)
      throw new AppError(
        'invalid_config',
        `the secret ${PLATFORM_TENANT}/${name} is missing: it is made once, by Terraform or \`rodex doctor --gcp\`, and never replaced`,
      );
    const key = Buffer.from(secret.value, 'base64');
    if (key.byteLength === KEY_BYTES) return key;
    throw new AppError(
      'store_corrupt',
      `the secret ${PLATFORM_TENANT}/${name} is no key of ${KEY_BYTES} bytes in base64`,
    );
  }
}
