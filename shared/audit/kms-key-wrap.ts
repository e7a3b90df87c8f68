import { crc32c } from '../core/crc32c.ts';
import { AppError } from '../core/errors.ts';
import type { KeyWrap } from './key-wrap.ts';
import { intact, isRefused, kmsClient, kmsError, type KmsOptions } from './kms-client.ts';

export interface KmsKeyWrapOptions extends KmsOptions {
  /** `projects/…/cryptoKeys/K`, purpose ENCRYPT_DECRYPT. Rotating it needs nothing here: what was wrapped names its version. */
  readonly key: string;
}

const ROLE = 'roles/cloudkms.cryptoKeyEncrypterDecrypter';

/** Wraps keys of runs under a key of Cloud KMS, which never leaves it. */
export function openKmsKeyWrap(options: KmsKeyWrapOptions): KeyWrap & { close(): Promise<void> } {
  const { key } = options;
  const client = kmsClient(options);
  return {
    name: `kms/${key}`,
    wrap: async (runKey, place) => {
      const aad = Buffer.from(place);
      try {
        const [{ ciphertext, ciphertextCrc32c }] = await client.encrypt({
          name: key,
          plaintext: runKey,
          plaintextCrc32c: { value: crc32c(runKey) },
          additionalAuthenticatedData: aad,
          additionalAuthenticatedDataCrc32c: { value: crc32c(aad) },
        });
        return Buffer.from(intact(ciphertext, ciphertextCrc32c)).toString('base64');
      } catch (error) {
        throw kmsError(error, 'wrapping the key of a run', ROLE);
      }
    },
    unwrap: async (wrapped, place) => {
      const ciphertext = Buffer.from(wrapped, 'base64');
      const aad = Buffer.from(place);
      try {
        const [{ plaintext, plaintextCrc32c }] = await client.decrypt({
          name: key,
          ciphertext,
          ciphertextCrc32c: { value: crc32c(ciphertext) },
          additionalAuthenticatedData: aad,
          additionalAuthenticatedDataCrc32c: { value: crc32c(aad) },
        });
        return intact(plaintext, plaintextCrc32c);
      } catch (error) {
        if (isRefused(error))
          throw new AppError(
            'store_corrupt',
            `the key of ${place} does not open: it was changed, or belongs to another KMS key`,
            { cause: error },
          );
        throw kmsError(error, 'unwrapping the key of a run', ROLE);
      }
    },
    close: async () => client.close(),
  };
}
