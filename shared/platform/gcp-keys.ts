import type { CheckpointSigner } from '../audit/checkpoint-signer.ts';
import type { KeyWrap } from '../audit/key-wrap.ts';
import { createLocalCheckpointSigner } from '../audit/local-checkpoint-signer.ts';
import { createLocalKeyWrap } from '../audit/local-key-wrap.ts';
import type { GcpConfig } from '../core/gcp-config.ts';
import { lateCheckpointSigner, lateKeyWrap } from './late-adapters.ts';
import type { PlatformKey } from './platform-key.ts';

const SIGNER = 'rodex';

/** Keys in Cloud KMS where they are named, else derived from the master key in Secret Manager. */
export function gcpKeys(
  { kmsKey, kmsSigningKey }: Pick<GcpConfig, 'kmsKey' | 'kmsSigningKey'>,
  key: Pick<PlatformKey, 'derive'>,
  stack: AsyncDisposableStack,
  /** A stand-in of Cloud KMS. */
  emulatorHost?: string,
): { signer: CheckpointSigner; keyWrap: KeyWrap } {
  const kms = emulatorHost === undefined ? {} : { emulatorHost };
  const closing = <T extends { close(): Promise<void> }>(opened: T): T => {
    stack.defer(async () => opened.close());
    return opened;
  };
  const signer = lateCheckpointSigner(SIGNER, async () => {
    if (kmsSigningKey === undefined)
      return createLocalCheckpointSigner(SIGNER, await key.derive('checkpoints v1'));
    const { openKmsCheckpointSigner } = await import('../audit/kms-checkpoint-signer.ts');
    return closing(openKmsCheckpointSigner({ ...kms, keyVersion: kmsSigningKey, name: SIGNER }));
  });
  const name = kmsKey === undefined ? 'local/1' : `kms/${kmsKey}`;
  const keyWrap = lateKeyWrap(name, async () => {
    if (kmsKey === undefined) return createLocalKeyWrap(await key.derive('run keys v1'));
    const { openKmsKeyWrap } = await import('../audit/kms-key-wrap.ts');
    return closing(openKmsKeyWrap({ ...kms, key: kmsKey }));
  });
  return { signer, keyWrap };
}
