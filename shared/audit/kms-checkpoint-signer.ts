import { createPublicKey } from 'node:crypto';

import { crc32c } from '../core/crc32c.ts';
import { AppError } from '../core/errors.ts';
import type { CheckpointSigner } from './checkpoint-signer.ts';
import { intact, kmsClient, kmsError, type KmsOptions } from './kms-client.ts';

export interface KmsCheckpointSignerOptions extends KmsOptions {
  /** `projects/…/cryptoKeys/K/cryptoKeyVersions/N`, algorithm EC_SIGN_ED25519. */
  readonly keyVersion: string;
  /** The key's name in signed notes. */
  readonly name: string;
}

const ROLE = 'roles/cloudkms.signerVerifier';
const ALGORITHM = 'EC_SIGN_ED25519';

/** Signs checkpoints with a key of Cloud KMS that only the scheduler may use. */
export function openKmsCheckpointSigner(
  options: KmsCheckpointSignerOptions,
): CheckpointSigner & { close(): Promise<void> } {
  const { keyVersion, name } = options;
  const client = kmsClient(options);
  let known: Uint8Array | undefined;
  return {
    name,
    publicKey: async () => {
      known ??= await readPublicKey();
      return known;
    },
    sign: async (message) => {
      try {
        const [{ signature, signatureCrc32c, verifiedDataCrc32c }] = await client.asymmetricSign({
          name: keyVersion,
          data: message,
          dataCrc32c: { value: crc32c(message) },
        });
        if (!verifiedDataCrc32c)
          throw new AppError('store_unavailable', 'Cloud KMS did not get what it was to sign', {
            retryable: true,
          });
        return intact(signature, signatureCrc32c);
      } catch (error) {
        throw kmsError(error, 'signing a checkpoint', ROLE);
      }
    },
    close: async () => client.close(),
  };

  async function readPublicKey(): Promise<Uint8Array> {
    try {
      const [{ pem, algorithm }] = await client.getPublicKey({ name: keyVersion });
      if (algorithm !== ALGORITHM)
        throw new AppError(
          'invalid_config',
          `RODEX_KMS_SIGNING_KEY: ${keyVersion} is of ${String(algorithm)}; checkpoints need ${ALGORITHM}`,
        );
      // The last 32 bytes of an Ed25519 SubjectPublicKeyInfo are the key (RFC 8410).
      const spki = createPublicKey(pem ?? '').export({ format: 'der', type: 'spki' });
      return spki.subarray(-32);
    } catch (error) {
      throw kmsError(error, 'reading the public key of checkpoints', ROLE);
    }
  }
}
